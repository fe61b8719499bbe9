//! Which response statuses count as errors of the gateway's span.

use std::ops::RangeInclusive;

/// A set of status codes, 0 to 999.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorStatuses(Vec<RangeInclusive<u16>>);

impl Default for ErrorStatuses {
    fn default() -> Self {
        Self(vec![500..=599])
    }
}

impl FromIterator<RangeInclusive<u16>> for ErrorStatuses {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<u16>>>(ranges: I) -> Self {
        Self(ranges.into_iter().collect())
    }
}

impl ErrorStatuses {
    pub(crate) fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }

    /// Parses `500-599,429`: codes of three digits and ranges of them.
    pub(crate) fn parse(list: &str) -> Option<Self> {
        let parts = list.split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(range).collect()
    }
}

fn range(part: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (code(first)?, code(last)?);
    (first <= last).then_some(first..=last)
}

fn code(text: &str) -> Option<u16> {
    let text = text.trim();
    let three_digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    three_digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn default_is_every_server_error() {
        let errors: Vec<_> = (0..=999).filter(|status| ErrorStatuses::default().contains(*status)).collect();
        assert_eq!(errors, (500..=599).collect::<Vec<_>>());
    }

    #[test]
    fn list_is_codes_and_ranges_of_codes() {
        let table: &[(&str, &[RangeInclusive<u16>])] = &[
            ("", &[]),
            (" , ,", &[]),
            ("503", &[503..=503]),
            ("500-599", &[500..=599]),
            ("503-503", &[503..=503]),
            ("500-599,429", &[500..=599, 429..=429]),
            (" 500 - 599 , 429 ,", &[500..=599, 429..=429]),
            ("429,400-499", &[400..=499]),
            ("000-999", &[0..=999]),
        ];
        for (list, expected) in table {
            let parsed = ErrorStatuses::parse(list).unwrap_or_else(|| panic!("{list:?} is a list"));
            for status in 0..=1_000 {
                let is_expected = expected.iter().any(|range| range.contains(&status));
                assert_eq!(parsed.contains(status), is_expected, "{status} in {list:?}");
            }
        }
    }

    #[test]
    fn list_with_one_bad_part_is_refused() {
        for list in [
            "5xx",
            "50",
            "5000",
            "0500",
            "+50",
            "-50",
            "5 0",
            "5.0",
            "599-500",
            "500-",
            "-599",
            "-",
            "500-599-600",
            "500,5xx",
            "500;503",
            "500 503",
            "\u{ff15}",
            "\u{665}0",
        ] {
            assert_eq!(ErrorStatuses::parse(list), None, "{list:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "[0-9, -]{0,20}|\\PC{0,20}") {
            let parsed = ErrorStatuses::parse(&text);
            let contains = |status| parsed.as_ref().is_some_and(|set| set.contains(status));
            prop_assert!(!contains(1_000));
        }

        #[test]
        fn what_is_written_reads_back(ranges in prop::collection::vec((0u16..=999, 0u16..=999), 1..5)) {
            let ranges = ranges.into_iter().map(|(a, b)| a.min(b)..=a.max(b));
            let written: ErrorStatuses = ranges.clone().collect();
            let text: Vec<_> = ranges.map(|r| format!("{:03}-{:03}", r.start(), r.end())).collect();
            prop_assert_eq!(ErrorStatuses::parse(&text.join(",")), Some(written));
        }
    }
}
