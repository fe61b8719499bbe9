//! Bytes of a header's value into text fit for an attribute.

use crate::request::swar::{any, position, EACH};

/// Longest value taken, in bytes.
pub(crate) const MAX_LEN: usize = 2 * 1024;
/// Longest path taken, in bytes.
pub(crate) const MAX_PATH_LEN: usize = 8 * 1024;
/// Longest part of an unusable value that a message shows, in characters.
const MAX_EXCERPT: usize = 64;

/// The value as text without surrounding spaces, if it is UTF-8, has no control characters and at most `max` bytes.
pub(crate) fn readable(value: &[u8], max: usize) -> Option<&str> {
    if value.len() > max {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    if !is_plain(value) && text.chars().any(char::is_control) {
        return None;
    }
    Some(trim(text))
}

/// The text without surrounding spaces.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// Whether all bytes are visible ASCII or spaces.
fn is_plain(bytes: &[u8]) -> bool {
    // Below a space, a DEL, or beyond ASCII; a carry into the next byte comes only from one of those.
    !any(bytes, |eight| eight.wrapping_sub(EACH * 0x20) | eight.wrapping_add(EACH) | eight)
}

/// What is before and after the first `separator`, which is ASCII.
pub(crate) fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = position(text.as_bytes(), [separator])?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// `text` without one surrounding pair of single quotes, if it has one.
pub(crate) fn strip_quotes(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').map(trim)
}

/// The parts one after the other; less work than with `concat()` of the standard library.
pub(crate) fn concat<const N: usize>(parts: [&str; N]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        text.push_str(part);
    }
    text
}

/// The beginning of an untrusted text, for a message.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    let end = text.char_indices().nth(MAX_EXCERPT).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text).into()
}

#[cfg(test)]
mod tests {
    use super::is_plain;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_is_what_is_visible_ascii_or_a_space(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let one_by_one = bytes.iter().all(|b| matches!(b, b' '..=b'~'));
            prop_assert_eq!(is_plain(&bytes), one_by_one);
        }
    }

    #[test]
    fn every_byte_at_every_place_is_told_from_the_plain_ones() {
        for byte in 0..=u8::MAX {
            for at in 0..17 {
                let mut bytes = [b'a'; 17];
                bytes[at] = byte;
                let is_visible = matches!(byte, b' '..=b'~');
                assert_eq!(is_plain(&bytes), is_visible, "{byte} at {at}");
            }
        }
    }
}
