//! Lists of names, as operators put them into every pod: what is known of them counts.

use crate::env::{Lookup, Variables};

/// The names of a list, each at most once. Those that aren't known are kept as invalid; `none` is no name. `None` if
/// nothing is left of the list that can be understood.
pub(super) fn names<T: Copy + PartialEq>(
    variables: &mut Variables<impl Lookup>,
    variable: &'static str,
    expected: &'static str,
    known: &[(&str, T)],
) -> Option<Vec<T>> {
    let list = variables.get(variable)?;
    let (mut found, mut is_understood) = (Vec::new(), false);
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match known.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            Some((_, item)) => {
                is_understood = true;
                if !found.contains(item) {
                    found.push(*item);
                }
            }
            None if name.eq_ignore_ascii_case("none") => is_understood = true,
            None => variables.ignore_part(variable, expected, name),
        }
    }
    is_understood.then_some(found)
}
