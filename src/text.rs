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
    let control = if text.is_ascii() {
        // No short cut, so that the compiler can look at many bytes at once.
        text.bytes()
            .fold(false, |found, b| found | b.is_ascii_control())
    } else {
        text.chars().any(char::is_control)
    };
    (!control).then(|| text.trim())
}

/// `text` without one surrounding pair of single quotes, if it has one.
pub(crate) fn strip_quotes(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').map(str::trim)
}

/// The beginning of an untrusted text, for a message.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    text.chars().take(MAX_EXCERPT).collect()
}
