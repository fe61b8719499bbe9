//! When the gateway received the request: `x-dd-proxy-request-time-ms`.

use super::invalid::InvalidProxyRequest;
use super::text::{self, number, split_once};

/// A time in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestTime {
    pub(super) ms: u64,
    /// It came in seconds: a mapping without the `000` that an HTTP API needs.
    pub(super) was_seconds: bool,
}

impl RequestTime {
    /// Reads nothing but digits, as they almost always come.
    pub(super) fn from_canonical(value: &[u8]) -> Option<Self> {
        Self::new(number(value)?, "")
    }

    /// Of an event, which has no text.
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(super) fn from_number(number: u64) -> Option<Self> {
        Self::new(number, "")
    }

    /// Reads decimal digits, with or without a fraction.
    pub(super) fn parse(value: &str) -> Result<Self, InvalidProxyRequest> {
        let (whole, fraction) = split_once(value, b'.').unwrap_or((value, "0"));
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return Err(InvalidProxyRequest::InvalidRequestTime(text::excerpt(value)));
        }
        number(whole.trim_start_matches('0').as_bytes())
            .and_then(|number| Self::new(number, fraction))
            .ok_or_else(|| InvalidProxyRequest::RequestTimeOutOfRange(text::excerpt(value)))
    }

    /// 10 digits are seconds, 13 to 15 milliseconds: both begin on 2001-09-09, before any gateway, and what they
    /// could mean doesn't overlap.
    fn new(number: u64, fraction: &str) -> Option<Self> {
        match number {
            1_000_000_000..=9_999_999_999 => {
                Some(Self { ms: number * 1_000 + thousandths(fraction), was_seconds: true })
            }
            1_000_000_000_000..=253_402_300_799_999 => Some(Self { ms: number, was_seconds: false }),
            _ => None,
        }
    }
}

/// The first three of a fraction's digits.
fn thousandths(fraction: &str) -> u64 {
    fraction.bytes().chain(std::iter::repeat(b'0')).take(3).fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::{thousandths, InvalidProxyRequest, RequestTime};

    #[test]
    fn ten_digits_are_seconds_and_thirteen_milliseconds() {
        for (value, ms, was_seconds) in [
            ("1729780025473", 1_729_780_025_473, false),
            ("1729780025473.9", 1_729_780_025_473, false),
            ("0001729780025473", 1_729_780_025_473, false),
            ("1729780025", 1_729_780_025_000, true),
            ("1729780025.4", 1_729_780_025_400, true),
            ("1729780025.4739", 1_729_780_025_473, true),
            ("1000000000", 1_000_000_000_000, true),
            ("253402300799999", 253_402_300_799_999, false),
        ] {
            assert_eq!(RequestTime::parse(value), Ok(RequestTime { ms, was_seconds }), "{value}");
        }
        assert_eq!(RequestTime::from_canonical(b"1729780025473").map(|time| time.ms), Some(1_729_780_025_473));
        assert_eq!(RequestTime::from_canonical(b"1729780025473.5"), None);
    }

    #[test]
    fn other_numbers_are_out_of_range() {
        for value in ["0", "999999999", "10000000000", "999999999999", "253402300800000", "99999999999999999999"] {
            let expected = InvalidProxyRequest::RequestTimeOutOfRange(value.into());
            assert_eq!(RequestTime::parse(value), Err(expected), "{value}");
        }
    }

    #[test]
    fn thousandths_are_the_first_three_digits_of_a_fraction() {
        for (fraction, expected) in [
            ("", 0),
            ("0", 0),
            ("5", 500),
            ("05", 50),
            ("005", 5),
            ("0005", 0),
            ("473", 473),
            ("4739", 473),
            ("999999999999999999999999", 999),
        ] {
            assert_eq!(thousandths(fraction), expected, "{fraction:?}");
        }
    }
}
