//! What only this crate asks of a request.

use std::net::IpAddr;

use super::client_address::client_address;
use super::host::Host;
use super::method::Method;
use super::mistakes::MappingMistakes;
use super::proxy::Proxy;
use super::proxy_request::{ProxyRequest, Source};
use super::url::url;

impl<'a> ProxyRequest<'a> {
    /// The request's id and the extended one, as `$context.requestId` and `$context.extendedRequestId` have them.
    ///
    /// For a REST API either may be mapped: the id is a UUID, which the client may choose, the extended one never is.
    /// An HTTP API has the same id by both names. An event has both, each by its own.
    pub(crate) fn ids(&self) -> [Option<&'a str>; 2] {
        match (self.proxy, self.request_id) {
            (Proxy::HttpApi, id) => [id, id],
            (_, id) if self.source() == Source::Event => [id, self.extended_request_id()],
            (Proxy::RestApi, Some(id)) if !is_uuid(id) => [None, Some(id)],
            (_, id) => [id, None],
        }
    }

    /// The route key of an HTTP API, such as `GET /users/{id}` or `$default`, or of a WebSocket API.
    pub(crate) fn route_key(&self) -> Option<&str> {
        self.resource
    }

    #[cfg_attr(not(feature = "access-log"), allow(dead_code))]
    pub(crate) fn request_time_ms(&self) -> Option<u64> {
        self.request_time_ms
    }

    pub(crate) fn typed_method(&self) -> Option<Method<'_>> {
        self.method
    }

    pub(crate) fn user_agent(&self) -> Option<&str> {
        self.user_agent
    }

    pub(crate) fn client_address(&self) -> Option<IpAddr> {
        client_address(self.proxy, self.source_ip(), self.forwarded, self.x_forwarded_for)
    }

    pub(crate) fn host(&self) -> Option<&Host<'a>> {
        self.domain.as_ref()
    }

    /// The URL that the client asked for, if the gateway said enough of it.
    pub(crate) fn url(&self) -> Option<String> {
        url(self.domain.as_ref()?, self.path.as_deref()?)
    }

    /// Whether the gateway knows no fractions of a second: an HTTP API in its headers, or one whose time came in seconds.
    pub(crate) fn is_timed_in_seconds(&self) -> bool {
        self.mistakes.seconds || (self.proxy == Proxy::HttpApi && self.source() == Source::Headers)
    }

    /// Whether the time may be the beginning of its second. In an event it is one only if it came in seconds.
    pub(crate) fn is_whole_second(&self) -> bool {
        let may_be = || self.source() == Source::Headers || self.mistakes.seconds;
        self.request_time_ms.is_some_and(|ms| ms % 1_000 == 0) && may_be()
    }

    #[cfg(any(feature = "lambda", feature = "request-context"))]
    pub(crate) fn source(&self) -> Source {
        self.source
    }

    #[cfg(any(feature = "lambda", feature = "request-context"))]
    fn extended_request_id(&self) -> Option<&'a str> {
        self.extended_request_id
    }

    #[cfg(any(feature = "lambda", feature = "request-context"))]
    fn source_ip(&self) -> Option<&'a [u8]> {
        self.source_ip
    }

    pub(crate) fn mistakes(&self) -> MappingMistakes {
        self.mistakes
    }
}

/// Without the features that read events, headers say everything, and what events say takes no room.
#[cfg(not(any(feature = "lambda", feature = "request-context")))]
impl<'a> ProxyRequest<'a> {
    pub(crate) fn source(&self) -> Source {
        Source::Headers
    }

    fn extended_request_id(&self) -> Option<&'a str> {
        None
    }

    fn source_ip(&self) -> Option<&'a [u8]> {
        None
    }
}

/// `b0a5b2a3-1bd9-4d6c-8f3e-0e6f0a0d6c11`
fn is_uuid(text: &str) -> bool {
    let is_in_place = |(at, b): (usize, u8)| match at {
        8 | 13 | 18 | 23 => b == b'-',
        _ => b.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_in_place)
}

#[cfg(test)]
mod tests {
    use super::ProxyRequest;

    const UUID: &str = "b0a5b2a3-1bd9-4d6c-8f3e-0e6f0a0d6c11";

    #[test]
    fn a_rest_api_has_two_ids_of_which_one_is_a_uuid() {
        for (proxy, id, expected) in [
            ("aws-apigateway", UUID, [Some(UUID), None]),
            ("aws-apigateway", "JKJaXmPLvHcESHA=", [None, Some("JKJaXmPLvHcESHA=")]),
            ("aws-apigateway", "b0a5b2a31bd94d6c8f3e0e6f0a0d6c11", [None, Some("b0a5b2a31bd94d6c8f3e0e6f0a0d6c11")]),
            ("aws-httpapi", "JKJaXmPLvHcESHA=", [Some("JKJaXmPLvHcESHA="), Some("JKJaXmPLvHcESHA=")]),
            ("azure-apim", UUID, [Some(UUID), None]),
            ("aws-apigateway", "", [None, None]),
        ] {
            let headers =
                [("x-dd-proxy", proxy), ("x-dd-proxy-request-time-ms", "1729780025473"), ("x-dd-proxy-request-id", id)];
            let request = ProxyRequest::from_headers(headers).expect("valid").expect("from a gateway");
            assert_eq!(request.ids(), expected, "{proxy} {id:?}");
        }
    }
}
