//! The domain that the client asked for: `x-dd-proxy-domain-name`.

/// Whether a value has no other characters than those of a host: ASCII letters, digits, `.`, `-`, `_`, and `:` and
/// brackets for a port and an IPv6 address.
pub(super) fn is_host(value: &str) -> bool {
    value
        .bytes()
        .all(|b| matches!(b, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts_have_no_other_characters() {
        for host in ["api.example.com", "x", "a_b-c.example", "[::1]:8443", "10.0.0.1"] {
            assert!(is_host(host), "{host}");
        }
        for other in ["a b", "a,b", "evil.example/", "bücher.example", "a@b", "a\u{0}"] {
            assert!(!is_host(other), "{other}");
        }
    }
}
