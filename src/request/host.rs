//! The host that the client asked for: `x-dd-proxy-domain-name`.

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A host's longest name, by [RFC 1035](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// A host in its canonical form, so that spelling makes no difference: lower case, without a trailing dot, an IPv6
/// address compressed and without its brackets; the port apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host<'a> {
    name: Cow<'a, str>,
    port: Option<u16>,
}

impl<'a> Host<'a> {
    /// Reads `api.example.com`, `192.0.2.1` or `[2001:db8::1]`, each with or without a port; `None` if it is no host.
    pub(crate) fn parse(value: &'a str) -> Option<Self> {
        if let Some(rest) = value.strip_prefix('[') {
            let (address, rest) = rest.split_once(']')?;
            let address: Ipv6Addr = address.parse().ok()?;
            return Some(Self { name: address.to_string().into(), port: port_behind(rest)? });
        }
        let end = value.bytes().position(|b| b == b':').unwrap_or(value.len());
        let (name, rest) = (value.get(..end)?, value.get(end..)?);
        let name = name.strip_suffix('.').unwrap_or(name);
        let has_upper_case = check_name(name)?;
        let name = match has_upper_case {
            true => name.to_ascii_lowercase().into(),
            false => Cow::Borrowed(name),
        };
        Some(Self { name, port: port_behind(rest)? })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether it is at this port, if one is wanted.
    pub(crate) fn is_at(&self, wanted: Option<u16>) -> bool {
        wanted.is_none() || wanted == self.port
    }

    /// As in a URL: with brackets around an IPv6 address.
    pub(super) fn authority(&self) -> Cow<'_, str> {
        let is_v6 = || self.name.bytes().any(|b| b == b':');
        match self.port {
            None if !is_v6() => Cow::Borrowed(&self.name),
            _ => self.to_string().into(),
        }
    }

    pub(crate) fn into_owned(self) -> Host<'static> {
        Host { name: self.name.into_owned().into(), port: self.port }
    }
}

/// As in a URL: with brackets around an IPv6 address.
impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.contains(':') {
            true => write!(f, "[{}]", self.name)?,
            false => f.write_str(&self.name)?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// `Some(None)` if nothing is there, `None` if it is no port.
fn port_behind(rest: &str) -> Option<Option<u16>> {
    match rest.strip_prefix(':') {
        None => rest.is_empty().then_some(None),
        // `u16` would take a sign.
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => port.parse().ok().map(Some),
        Some(_) => None,
    }
}

/// Whether a name has letters in upper case; `None` if it is no name: letters, digits, `-` and `_`, in parts of 1 to 63
/// with dots between, that neither begin nor end with `-`. A name that ends in a number is an IPv4 address, or none.
fn check_name(name: &str) -> Option<bool> {
    let (mut has_upper_case, mut label, mut before) = (false, 0, b'-');
    for b in name.bytes() {
        match b {
            b'a'..=b'z' | b'0'..=b'9' | b'_' => {}
            b'A'..=b'Z' => has_upper_case = true,
            b'-' if label > 0 => {}
            b'.' if label > 0 && before != b'-' => {
                (label, before) = (0, b'-');
                continue;
            }
            _ => return None,
        }
        (label, before) = (label + 1, b);
        if label > MAX_LABEL {
            return None;
        }
    }
    let is_name = before != b'-' && name.len() <= MAX_NAME;
    (is_name && (!ends_in_a_number(name) || name.parse::<Ipv4Addr>().is_ok())).then_some(has_upper_case)
}

/// As in URLs: <https://url.spec.whatwg.org/#ends-in-a-number-checker>.
fn ends_in_a_number(name: &str) -> bool {
    let start = name.bytes().rposition(|b| b == b'.').map_or(0, |dot| dot + 1);
    match name.as_bytes().get(start..).unwrap_or_default() {
        [b'0', b'x' | b'X', rest @ ..] => rest.iter().all(u8::is_ascii_hexdigit),
        [first, rest @ ..] => first.is_ascii_digit() && rest.iter().all(u8::is_ascii_digit),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Host;
    use proptest::prelude::*;

    fn canonical(value: &str) -> Option<String> {
        Host::parse(value).map(|host| host.to_string())
    }

    #[test]
    fn hosts_have_one_form() {
        for (value, expected) in [
            ("api.example.com", "api.example.com"),
            ("API.Example.COM.", "api.example.com"),
            ("x", "x"),
            ("a_b-c.example", "a_b-c.example"),
            ("x.localstack.cloud:4566", "x.localstack.cloud:4566"),
            ("Example.com.:8443", "example.com:8443"),
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1:80", "10.0.0.1:80"),
            ("[2001:DB8:0:0::1]:8443", "[2001:db8::1]:8443"),
            ("[::1]", "[::1]"),
            ("1x.example", "1x.example"),
            ("h:0080", "h:80"),
        ] {
            assert_eq!(canonical(value).as_deref(), Some(expected), "{value}");
        }
        let host = Host::parse("[2001:db8::1]:8443").expect("a host");
        assert_eq!((host.name(), host.port()), ("2001:db8::1", Some(8443)));
    }

    #[test]
    fn junk_is_no_host() {
        let (label, name) = ("a".repeat(64), "a.".repeat(127));
        for value in [
            "",
            ".",
            "..",
            "..example.com",
            ".example.com",
            "example..com",
            "example.com..",
            "[].example.com",
            "-:-.example.com",
            "-a.example",
            "a-.example",
            "a.-",
            "a b",
            "a,b",
            "evil.example/",
            "bücher.example",
            "a@b",
            "a\0",
            "::1",
            "a:b:1",
            "[::1",
            "[::1]8443",
            "[::1%eth0]",
            "[a]",
            "h:",
            "h:65536",
            "h:+1",
            "h:x",
            "https://a.example",
            "256.0.0.1",
            "1.2.3.4.5",
            "1",
            "0x7f",
            "a.0x",
            "a.1",
            &label,
            &format!("{name}ab"),
        ] {
            assert_eq!(canonical(value), None, "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn canonical_is_once_for_all(value in "[a-zA-Z0-9._:\\[\\]-]{0,30}|\\PC{0,20}|[A-Z.]{1,20}(:[0-9]{1,6})?") {
            if let Some(once) = canonical(&value) {
                prop_assert_eq!(canonical(&once), Some(once.clone()));
                prop_assert!(once.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()));
            }
        }
    }
}
