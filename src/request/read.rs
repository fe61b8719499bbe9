//! From headers to [`ProxyRequest`].

use super::host::Host;
use super::invalid::InvalidProxyRequest;
use super::method::Method;
use super::mistakes::MappingMistakes;
use super::names::{X_DD_PROXY, X_DD_PROXY_REQUEST_TIME_MS};
use super::path::{path, route};
use super::proxy::Proxy;
use super::proxy_request::ProxyRequest;
use super::scan::{Header, Headers};
use super::text::{self, MAX_LEN, MAX_PATH_LEN, MAX_X_RAY_LEN};
use super::time::RequestTime;

/// Without which of AWS's gateways there is no span.
const REQUIRED: [&str; 2] = [X_DD_PROXY, X_DD_PROXY_REQUEST_TIME_MS];

impl<'a> ProxyRequest<'a> {
    /// Checks what a gateway sent.
    ///
    /// Gateway, time and method almost always come in one form. That form is compared as bytes first
    /// (`from_canonical`); only what differs is read as text (`parse`). Reading all three as text would cost 10 % more.
    ///
    /// `is_vouched_for`: the request has the shared secret, so that it came through the gateway, whatever a client has
    /// added. Then headers that contradict each other are left out, as long as they may be missing.
    pub(crate) fn read(headers: &mut Headers<'a>, is_vouched_for: bool) -> Result<Self, InvalidProxyRequest> {
        if headers.has_conflicts() {
            let mut names = headers.take_conflicts();
            let is_fatal = |name: &&str| !is_vouched_for || REQUIRED.contains(name);
            if let Some(name) = names.find(is_fatal) {
                return Err(InvalidProxyRequest::ConflictingHeader(name));
            }
        }
        let proxy = headers.proxy.ok_or(InvalidProxyRequest::UnreadableProxy)?;
        let mut quotes = false;
        let proxy = match Proxy::from_canonical(proxy) {
            Some(proxy) => proxy,
            None => {
                let value = unquoted(Some(proxy), MAX_LEN, &mut quotes).ok_or(InvalidProxyRequest::UnreadableProxy)?;
                Proxy::parse(value).ok_or_else(|| InvalidProxyRequest::UnknownProxy(text::excerpt(value)))?
            }
        };
        let request_time = match headers.request_time_ms.and_then(RequestTime::from_canonical) {
            Some(time) => Some(time),
            None => match unquoted(headers.request_time_ms, MAX_LEN, &mut quotes) {
                Some(value) => Some(RequestTime::parse(value)?),
                None if proxy.always_sends_time() => return Err(InvalidProxyRequest::MissingRequestTime),
                None => None,
            },
        };
        // Compared as text only if they differ as bytes, which they hardly ever do.
        if headers.apigateway_api_id != headers.api_id && !is_vouched_for {
            let [one, other] = [headers.api_id, headers.apigateway_api_id].map(|header| not_empty(header, &mut quotes));
            if one.zip(other).is_some_and(|(one, other)| one != other) {
                return Err(InvalidProxyRequest::ApiIdMismatch);
            }
        }
        let mut request = Self::read_optional(proxy, request_time.map(|time| time.ms), headers);
        request.mistakes.seconds = request_time.is_some_and(|time| time.was_seconds);
        request.mistakes.quotes |= quotes;
        Ok(request)
    }

    /// Reads the headers that may be missing; one that can't be used counts as missing.
    pub(super) fn read_optional(proxy: Proxy, request_time_ms: Option<u64>, headers: &Headers<'a>) -> Self {
        let mut quotes = false;
        let method = match headers.httpmethod.and_then(Method::from_canonical) {
            Some(method) => Some(method),
            None => unquoted(headers.httpmethod, MAX_LEN, &mut quotes).and_then(Method::parse),
        };
        let path = unquoted(headers.path, MAX_PATH_LEN, &mut quotes).and_then(path);
        let mut read = |header| not_empty(header, &mut quotes);
        let resource = read(headers.resource_path);
        Self {
            #[cfg(any(feature = "lambda", feature = "request-context"))]
            source: super::proxy_request::Source::Headers,
            proxy,
            request_time_ms,
            domain: read(headers.domain_name).and_then(Host::parse),
            method,
            path,
            stage: read(headers.stage),
            resource,
            // The route keys of a WebSocket API are no paths.
            route: resource.and_then(route).filter(|_| proxy != Proxy::WebSocketApi),
            account_id: read(headers.account_id),
            // A REST API sends its own, where the mapping is missing.
            api_id: read(headers.api_id).or_else(|| read(headers.apigateway_api_id)),
            region: read(headers.region),
            user: read(headers.user),
            request_id: read(headers.request_id),
            // These two are read of events alone.
            #[cfg(any(feature = "lambda", feature = "request-context"))]
            extended_request_id: None,
            #[cfg(any(feature = "lambda", feature = "request-context"))]
            source_ip: None,
            user_agent: headers
                .user_agent
                .and_then(|value| text::parse_text(value, MAX_LEN))
                // An integration of type HTTP sends the gateway's own, and not the client's.
                .filter(|value| !value.is_empty() && !value.starts_with("AmazonAPIGateway_")),
            forwarded: headers.forwarded,
            x_forwarded_for: headers.x_forwarded_for,
            x_ray: headers.x_amzn_trace_id.and_then(|value| text::parse_text(value, MAX_X_RAY_LEN)?.parse().ok()),
            mistakes: MappingMistakes { seconds: false, quotes },
        }
    }
}

#[cfg(any(feature = "lambda", feature = "request-context"))]
impl<'a> ProxyRequest<'a> {
    /// The same request, as an event says it: with what no header says, and with texts that no mapping has quoted.
    pub(super) fn of_event(self, headers: &Headers<'a>) -> Self {
        Self {
            source: super::proxy_request::Source::Event,
            extended_request_id: not_empty(headers.extended_request_id, &mut false),
            source_ip: headers.source_ip,
            mistakes: MappingMistakes { quotes: false, ..self.mistakes },
            ..self
        }
    }
}

/// The value as text, without the quotes of a mistaken mapping, which are noted.
fn unquoted<'a>(header: Header<'a>, max: usize, quotes: &mut bool) -> Option<&'a str> {
    let value = text::parse_text(header?, max)?;
    let stripped = text::strip_quotes(value);
    *quotes |= stripped.is_some();
    Some(stripped.unwrap_or(value))
}

fn not_empty<'a>(header: Header<'a>, quotes: &mut bool) -> Option<&'a str> {
    unquoted(header, MAX_LEN, quotes).filter(|value| !value.is_empty())
}
