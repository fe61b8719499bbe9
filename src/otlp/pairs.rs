//! Variables that are lists of `key=value,...`, percent-encoded.

use percent_encoding::percent_decode_str;

use crate::env::{Lookup, Variables};

/// The pairs of a list, decoded. Invalid ones are left out, and recorded as invalid.
///
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>,
/// <https://www.w3.org/TR/baggage/#header-content>
pub(super) fn pairs(
    variables: &mut Variables<impl Lookup>,
    variable: &'static str,
    list: &str,
) -> Vec<(String, String)> {
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    let pairs = parts.filter_map(|part| {
        let pair = pair(part);
        if pair.is_none() {
            variables.ignore_secret_part(variable, "pairs such as key=value,..., percent-encoded");
        }
        pair
    });
    pairs.collect()
}

fn pair(part: &str) -> Option<(String, String)> {
    let (key, value) = part.split_once('=')?;
    let key = key.trim();
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
    (!key.is_empty()).then(|| (key.to_owned(), value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::pairs;
    use crate::env::tests::environment;
    use crate::env::Variables;

    #[test]
    fn values_are_decoded_and_bad_pairs_left_out() {
        let mut variables = Variables::new(environment(&[]));
        let found = pairs(&mut variables, "X", "service.name=my%20shop, a = b=c ,,empty=,=x,lonely,bad=%ff");
        let expected = [("service.name", "my shop"), ("a", "b=c"), ("empty", "")];
        assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        // Said once for all three, because their texts must not be shown.
        assert_eq!(variables.into_invalid().len(), 1);
    }
}
