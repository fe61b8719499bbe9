//! Bytes of a header's value into text, numbers and ids, and back.
//!
//! Plain loops over bytes: these values are short, and almost always ASCII.

use opentelemetry::SpanId;

/// Longest value taken, in bytes.
pub(crate) const MAX_LEN: usize = 2 * 1024;
/// Longest path taken, in bytes.
pub(crate) const MAX_PATH_LEN: usize = 8 * 1024;
/// Longest `X-Amzn-Trace-Id` taken, in bytes. AWS's own have some 250 at most.
pub(crate) const MAX_X_RAY_LEN: usize = 512;
/// Longest part of an unusable value that a message shows, in characters.
const MAX_EXCERPT: usize = 64;

/// The value as text without surrounding spaces, if it is UTF-8, has no control characters and at most `max` bytes.
pub(crate) fn parse_text(value: &[u8], max: usize) -> Option<&str> {
    if value.len() > max {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    if !is_visible_ascii(value) && has_control_characters(value) {
        return None;
    }
    Some(trim(text))
}

/// The text without surrounding spaces.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        // Nothing to trim, which `str::trim` finds out character by character.
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// Whether all bytes are visible ASCII or spaces.
fn is_visible_ascii(bytes: &[u8]) -> bool {
    !any(bytes, |b| !matches!(b, b' '..=b'~'))
}

/// Whether UTF-8 has characters of Unicode's category Cc: those of ASCII, and U+0080 to U+009F, which are 0xC2 and a byte
/// up to 0x9F. By bytes, because one character at a time takes ten times as long.
fn has_control_characters(text: &[u8]) -> bool {
    let next = text.get(1..).unwrap_or_default();
    let is_beyond_ascii = |(b, next): (&u8, &u8)| u8::from(*b == 0xc2) & u8::from(*next < 0xa0);
    any(text, |b| b < b' ' || b == 0x7f) || text.iter().zip(next).fold(0, |any, pair| any | is_beyond_ascii(pair)) != 0
}

/// Whether the test holds for any byte.
///
/// It looks at all of them in any case, and adds up bytes in place of `bool`s: such a loop is compiled to one of 16 bytes
/// at a time, which takes a tenth of the instructions on a long value.
#[inline]
pub(super) fn any(bytes: &[u8], test: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(0, |any, b| any | u8::from(test(*b))) != 0
}

/// What is before and after the first `separator`, which is ASCII. The standard library's search is made for long
/// texts, and takes longer to start than these take.
pub(crate) fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|b| b == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// `text` without one surrounding pair of single quotes, if it has one.
pub(crate) fn strip_quotes(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').map(trim)
}

/// The beginning of an untrusted text, for a message.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    let end = text.char_indices().nth(MAX_EXCERPT).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text).into()
}

/// A number of at most 16 decimal digits, which can't overflow.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    if digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0, |number, b| match b {
        b'0'..=b'9' => Some(number * 10 + u64::from(b - b'0')),
        _ => None,
    })
}

/// A number of exactly `count` hexadecimal digits, at most 32, in any case.
pub(crate) fn read_hex(digits: &str, count: usize) -> Option<u128> {
    if digits.len() != count || count > 32 {
        return None;
    }
    digits.bytes().try_fold(0, |number, b| {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'f' => b - b'a' + 10,
            b'A'..=b'F' => b - b'A' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}

/// A span's id of 16 hexadecimal digits, in any case, that aren't all zero.
pub(crate) fn read_span_id(digits: &str) -> Option<SpanId> {
    let id = u64::try_from(read_hex(digits, 16)?).ok()?;
    Some(SpanId::from(id)).filter(|id| *id != SpanId::INVALID)
}

/// The `N` hexadecimal digits, in lower case, of half as many bytes. An array, because to push them one by one takes
/// three times as long.
pub(crate) fn hex<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    let mut text = [b'0'; N];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_are_those_of_the_standard_library() {
        for code in (0..0x3000).chain(0x1_f600..0x1_f610) {
            let Some(character) = char::from_u32(code) else { continue };
            let text = format!("a{character}ÂÃ\u{a0}z");
            assert_eq!(has_control_characters(text.as_bytes()), character.is_control(), "{code:x}");
        }
    }

    #[test]
    fn visible_ascii_is_from_the_space_to_the_tilde() {
        for byte in 0..=u8::MAX {
            for at in 0..17 {
                let mut bytes = [b'a'; 17];
                bytes[at] = byte;
                assert_eq!(is_visible_ascii(&bytes), matches!(byte, b' '..=b'~'), "{byte} at {at}");
            }
        }
    }

    #[test]
    fn text_has_no_control_characters_and_a_limit() {
        for (value, expected) in [
            (&b" prod "[..], Some("prod")),
            ("pr\u{f8}d".as_bytes(), Some("pr\u{f8}d")),
            (b"a\tb", None),
            ("a\u{9b}b".as_bytes(), None),
            (b"a\xff", None),
            (b"", Some("")),
            (b"0123456789", None),
        ] {
            assert_eq!(parse_text(value, 9), expected, "{value:?}");
        }
    }

    #[test]
    fn one_pair_of_quotes_is_stripped() {
        for (text, expected) in [
            ("'a'", Some("a")),
            ("' a '", Some("a")),
            ("''a''", Some("'a'")),
            ("'a", None),
            ("'", None),
            ("''", Some("")),
        ] {
            assert_eq!(strip_quotes(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_is_split_as_by_the_standard_library(text in "[ab .é]{0,20}") {
            prop_assert_eq!(split_once(&text, b'.'), text.split_once('.'));
        }

        #[test]
        fn digits_are_the_number_they_write(digits in "[0-9]{1,16}") {
            prop_assert_eq!(number(digits.as_bytes()), digits.parse().ok());
        }

        #[test]
        fn what_is_no_digit_makes_no_number(bytes in prop::collection::vec(0_u8.., 0..24)) {
            let is_number = bytes.len() <= 16 && bytes.iter().all(u8::is_ascii_digit);
            prop_assert_eq!(number(&bytes).is_some(), is_number);
        }

        #[test]
        fn hexadecimal_is_that_of_the_standard_library(bytes: [u8; 16]) {
            let text = hex::<32>(&bytes);
            prop_assert_eq!(String::from_utf8(text.to_vec()), Ok(format!("{:032x}", u128::from_be_bytes(bytes))));
        }

        #[test]
        fn hexadecimal_is_read_as_written(text in "[0-9a-fA-F]{0,40}|\\PC{0,34}", count in 0_usize..=34) {
            let is_hex = text.len() == count && (1..=32).contains(&count) && text.bytes().all(|b| b.is_ascii_hexdigit());
            let expected = is_hex.then(|| u128::from_str_radix(&text, 16).unwrap());
            prop_assert_eq!(read_hex(&text, count).filter(|_| count > 0), expected);
        }
    }
}
