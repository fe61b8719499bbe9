//! Bytes of a header's value into text fit for an attribute.

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
    // Without a short cut, so that many bytes are looked at at once.
    let is_plain = value
        .iter()
        .fold(true, |plain, b| plain & matches!(b, b' '..=b'~'));
    if !is_plain && text.chars().any(char::is_control) {
        return None;
    }
    match value {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => Some(text),
        _ => Some(text.trim()),
    }
}

/// What is before and after the first `separator`, which is ASCII.
pub(crate) fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    // For texts this short, a search by character costs more than the search itself.
    let at = text.bytes().position(|b| b == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// `text` without one surrounding pair of single quotes, if it has one.
pub(crate) fn strip_quotes(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').map(str::trim)
}

/// Writes bytes as two hexadecimal digits each.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 0xf] {
            text.push(char::from(
                digit + if digit < 10 { b'0' } else { b'a' - 10 },
            ));
        }
    }
}

/// The beginning of an untrusted text, for a message.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    text.chars().take(MAX_EXCERPT).collect()
}
