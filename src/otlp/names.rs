//! Variables that are lists of names. Operators set the same list for programs in many languages, so unknown names are
//! ignored.

use crate::env::{Lookup, Variables};

/// The known names of a list, each at most once. Unknown ones are recorded as invalid; `none` is no name. Returns
/// `None` if the list has neither a known name nor `none`.
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
