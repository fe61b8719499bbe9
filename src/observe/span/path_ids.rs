//! Ids in paths, which would make a resource name of each.

use std::borrow::Cow;

/// Hexadecimal from this length on is an id: a 64-bit number has 16 digits, MongoDB's ids and hashes more.
const LONG_HEX: usize = 16;

/// As many segments are looked at; the rest is left out. No API has so many, and each takes time.
const MOST_SEGMENTS: usize = 32;

/// The path with `{id}` in place of every segment that looks like one: digits, a UUID, long hexadecimal.
pub(super) fn without_ids(path: &str) -> Cow<'_, str> {
    let mut segments = path.split('/').skip(1);
    let (mut first_id, mut length) = (None, 0);
    for (at, segment) in segments.by_ref().take(MOST_SEGMENTS).enumerate() {
        if first_id.is_none() && is_id(segment) {
            first_id = Some(at);
        }
        length += 1 + segment.len();
    }
    let has_more = segments.next().is_some();
    if first_id.is_none() && !has_more {
        return path.into();
    }
    let mut replaced = String::with_capacity(length + 2);
    for segment in path.split('/').skip(1).take(MOST_SEGMENTS) {
        replaced.push('/');
        replaced.push_str(if is_id(segment) { "{id}" } else { segment });
    }
    if has_more {
        replaced.push_str("/…");
    }
    replaced.into()
}

fn is_id(segment: &str) -> bool {
    let all = |test: fn(&u8) -> bool| segment.as_bytes().iter().all(test);
    let any_digit = || segment.bytes().any(|b| b.is_ascii_digit());

    match segment.len() {
        0 => false,
        len if len >= LONG_HEX && any_digit() && all(u8::is_ascii_hexdigit) => true,
        _ => all(u8::is_ascii_digit) || is_uuid(segment),
    }
}

fn is_uuid(segment: &str) -> bool {
    segment.len() == 36
        && segment.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::without_ids;

    #[test]
    fn ids_in_paths_are_replaced() {
        for (path, expected) in [
            ("/users/42", "/users/{id}"),
            ("/users/42/orders/7", "/users/{id}/orders/{id}"),
            ("/0", "/{id}"),
            ("/42/", "/{id}/"),
            ("//42//", "//{id}//"),
            ("/e/0b5f7c1e-6a43-4a2e-9d0f-3c1b2a495867", "/e/{id}"),
            ("/e/ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB", "/e/{id}"),
            ("/m/507f1f77bcf86cd799439011", "/m/{id}"),
            ("/m/DEADBEEFDEADBEE0", "/m/{id}"),
        ] {
            assert_eq!(without_ids(path), expected, "{path:?}");
        }
    }

    #[test]
    fn segments_beyond_the_first_are_left_out() {
        assert_eq!(without_ids(&"/a".repeat(32)), "/a".repeat(32));
        assert_eq!(without_ids(&"/a".repeat(33)), "/a".repeat(32) + "/…");
        assert_eq!(without_ids(&"/1".repeat(4_000)), "/{id}".repeat(32) + "/…");
    }

    #[test]
    fn other_segments_are_kept() {
        for path in [
            "/",
            "//",
            "/users",
            "/v2",
            "/42a",
            "/4.2",
            "/-42",
            "/%34%32",
            "/\u{664}\u{662}",
            // Hexadecimal: a digit too short, without any digit, with a letter beyond f.
            "/deadbeefdeadbe0",
            "/deadbeefdeadbeef",
            "/deadbeefdeadbee0g",
            // UUIDs: without a hyphen, with one in another place, in braces.
            "/0b5f7c1e-6a43-4a2e-9d0f03c1b2a495867",
            "/0b5f7c1-e6a43-4a2e-9d0f-3c1b2a495867",
            "/{0b5f7c1e-6a43-4a2e-9d0f-3c1b2a495867}",
        ] {
            assert_eq!(without_ids(path), path);
        }
    }
}
