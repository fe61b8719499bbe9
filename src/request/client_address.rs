//! The client's address: `X-Forwarded-For` or `Forwarded`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::proxy::Proxy;
use super::scan::Header;
use super::text::{self, trim, MAX_LEN};

/// The address that the gateway got the request from, as far as it says so.
///
/// A REST API adds it to `X-Forwarded-For`, an HTTP API to `Forwarded`; there `X-Forwarded-For` is of proxies behind the
/// gateway, or the client's own. The first one counts, which the client may have made up.
///
/// The event of a Lambda function has the address itself.
pub(super) fn client_address(
    proxy: Proxy,
    source_ip: Header<'_>,
    forwarded: Header<'_>,
    x_forwarded_for: Header<'_>,
) -> Option<IpAddr> {
    if let Some(source_ip) = source_ip {
        return address(text::parse_text(source_ip, MAX_LEN)?);
    }
    match proxy {
        Proxy::HttpApi => text::parse_text(forwarded?, MAX_LEN)?.split([',', ';']).find_map(for_parameter),
        _ => address(text::parse_text(x_forwarded_for?, MAX_LEN)?.split(',').next()?),
    }
}

/// The address of `for=`, of [RFC 7239](https://www.rfc-editor.org/rfc/rfc7239#section-4).
fn for_parameter(part: &str) -> Option<IpAddr> {
    let (name, value) = part.split_once('=')?;
    if !trim(name).eq_ignore_ascii_case("for") {
        return None;
    }
    let value = trim(value);
    address(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

/// `198.51.100.7`, `198.51.100.7:4711`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let text = trim(text);
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    text.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::{client_address, Proxy};

    fn found(proxy: Proxy, forwarded: &str, x_forwarded_for: &str) -> Option<String> {
        let header = |text: &'static str| (!text.is_empty()).then_some(text.as_bytes());
        let (forwarded, x_forwarded_for) = (forwarded.to_owned().leak(), x_forwarded_for.to_owned().leak());
        client_address(proxy, None, header(forwarded), header(x_forwarded_for)).map(|address| address.to_string())
    }

    #[test]
    fn each_gateway_has_a_header_of_its_own() {
        let table = [
            (Proxy::RestApi, "for=192.0.2.1", "203.0.113.7, 198.51.100.1", Some("203.0.113.7")),
            (Proxy::HttpApi, "by=10.0.0.9;for=198.51.100.7;host=h;proto=https", "10.0.1.23", Some("198.51.100.7")),
            (Proxy::HttpApi, "", "203.0.113.7", None),
            (Proxy::AzureFrontDoor, "for=192.0.2.1", "203.0.113.7", Some("203.0.113.7")),
        ];
        for (proxy, forwarded, x_forwarded_for, expected) in table {
            assert_eq!(found(proxy, forwarded, x_forwarded_for).as_deref(), expected, "{proxy}");
        }
    }

    #[test]
    fn addresses_come_with_ports_brackets_and_quotes() {
        for (text, expected) in [
            ("203.0.113.7", Some("203.0.113.7")),
            (" 203.0.113.7:4711 ", Some("203.0.113.7")),
            ("2001:db8::7", Some("2001:db8::7")),
            ("[2001:db8::7]", Some("2001:db8::7")),
            ("[2001:db8::7]:4711", Some("2001:db8::7")),
            ("unknown", None),
            ("_hidden", None),
            ("[203.0.113.7]", None),
            ("", None),
        ] {
            assert_eq!(found(Proxy::RestApi, "", text).as_deref(), expected, "{text}");
            let forwarded = format!("For=\"{text}\"");
            assert_eq!(found(Proxy::HttpApi, &forwarded, "").as_deref(), expected, "{forwarded}");
        }
        assert_eq!(found(Proxy::HttpApi, "by=10.0.0.9, for=\"[2001:db8::7]\"", "").as_deref(), Some("2001:db8::7"));
    }
}
