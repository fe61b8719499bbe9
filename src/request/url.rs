//! `url.full`: the URL that the client asked for.

use super::host::Host;
use super::text::{any, MAX_PATH_LEN};

/// `https://api.example.com/prod/users/42`: the path percent-encoded where a URL needs it, because an HTTP API sends
/// paths decoded. `None` if that is longer than a path may be.
pub(super) fn url(host: &Host<'_>, path: &str) -> Option<String> {
    const SCHEME: &str = "https://";
    let authority = host.authority();
    // Exactly as long as it gets: a span's text is kept without spare room, for which it would move.
    let is_encoded = any(path.as_bytes(), |b| !is_path(b));
    let more = if is_encoded { 2 * path.bytes().filter(|b| !is_path(*b)).count() } else { 0 };
    // One more, for the slash that a path may lack.
    if path.len() + more > MAX_PATH_LEN + 1 {
        return None;
    }
    let mut url = String::with_capacity(SCHEME.len() + authority.len() + path.len() + more);
    url.push_str(SCHEME);
    url.push_str(&authority);
    match is_encoded {
        true => push_encoded(&mut url, path),
        false => url.push_str(path),
    }
    Some(url)
}

fn push_encoded(url: &mut String, path: &str) {
    for b in path.bytes() {
        match is_path(b) {
            true => url.push(b.into()),
            false => url.extend(['%', hex_digit(b >> 4), hex_digit(b & 15)]),
        }
    }
}

/// Whether a path may have this byte as it is: visible ASCII, but for what ends a path or what no URL has. `%` stays,
/// for a REST API sends paths as they came, encoded.
///
/// <https://www.rfc-editor.org/rfc/rfc3986#section-3.3>
fn is_path(b: u8) -> bool {
    matches!(b, b'!'..=b'~') & !matches!(b, b'"' | b'#' | b'<' | b'>' | b'?' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

fn hex_digit(nibble: u8) -> char {
    match nibble {
        0..=9 => (b'0' + nibble).into(),
        _ => (b'A' + nibble - 10).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::url;
    use crate::request::host::Host;

    #[test]
    fn paths_are_encoded_where_a_url_needs_it() {
        for (host, path, expected) in [
            ("api.example.com", "/prod/users/42", "https://api.example.com/prod/users/42"),
            ("h:4566", "/", "https://h:4566/"),
            ("[2001:db8::1]:8443", "/x", "https://[2001:db8::1]:8443/x"),
            ("[::1]", "/x", "https://[::1]/x"),
            ("h", "/files/my report.pdf", "https://h/files/my%20report.pdf"),
            ("h", "/ü", "https://h/%C3%BC"),
            ("h", "/a%20b", "https://h/a%20b"),
            ("h", "/a\\b|{c}^`\"<>", "https://h/a%5Cb%7C%7Bc%7D%5E%60%22%3C%3E"),
            ("h", "/:@!$&'()*+,;=-._~", "https://h/:@!$&'()*+,;=-._~"),
        ] {
            assert_eq!(url(&Host::parse(host).expect("a host"), path).as_deref(), Some(expected));
        }
        let host = Host::parse("h").expect("a host");
        assert!(url(&host, &format!("/{}", "a".repeat(8_191))).is_some());
        assert!(url(&host, &format!("/{}", "ü".repeat(4_000))).is_none());
    }
}
