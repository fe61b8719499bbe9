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
    if !is_plain(value) && text.chars().any(char::is_control) {
        return None;
    }
    match value {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => Some(text),
        _ => Some(text.trim()),
    }
}

/// Whether all bytes are visible ASCII or spaces. Looks at eight bytes at once.
fn is_plain(bytes: &[u8]) -> bool {
    const EACH: u64 = u64::MAX / 0xff;

    let mut chunks = bytes.chunks_exact(8);
    let mut last = [b' '; 8];
    let mut suspects = 0;
    let mut look = |chunk: [u8; 8]| {
        let chunk = u64::from_le_bytes(chunk);
        // The highest bit of each byte says whether it is below a space, a DEL, or beyond ASCII; a carry into the next
        // byte comes only from one of those.
        suspects |= chunk.wrapping_sub(EACH * 0x20) | chunk.wrapping_add(EACH) | chunk;
    };
    for chunk in chunks.by_ref() {
        look(chunk.try_into().unwrap_or(last));
    }
    for (to, from) in last.iter_mut().zip(chunks.remainder()) {
        *to = *from;
    }
    look(last);
    suspects & (EACH * 0x80) == 0
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
pub(crate) fn push_hex(text: &mut Vec<u8>, bytes: &[u8]) {
    let digit = |nibble| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    for byte in bytes {
        text.extend_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
}

/// The beginning of an untrusted text, for a message.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    text.chars().take(MAX_EXCERPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_bytes_at_once_are_as_one_by_one(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
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
                assert_eq!(
                    is_plain(&bytes),
                    matches!(byte, b' '..=b'~'),
                    "{byte} at {at}"
                );
            }
        }
    }
}
