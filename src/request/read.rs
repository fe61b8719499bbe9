//! From headers to [`ProxyRequest`].

use super::host::is_host;
use super::method::Method;
use super::path::{path, route};
use super::proxy::Proxy;
use super::proxy_request::{MappingMistakes, ProxyRequest};
use super::rejection::Rejection;
use super::scan::{Header, Headers};
use super::text::{self, MAX_LEN, MAX_PATH_LEN};
use super::time::RequestTime;

impl<'a> ProxyRequest<'a> {
    /// Checks what a gateway sent.
    ///
    /// Gateway, time and method almost always come in one form. That form is compared as bytes first
    /// (`from_canonical`); only what differs is read as text (`parse`). Reading all three as text would cost 10 % more.
    pub(crate) fn read(headers: &Headers<'a>) -> Result<Self, Rejection> {
        let proxy = headers.proxy.ok_or(Rejection::UnreadableProxy)?;
        let mut mistakes = MappingMistakes::default();
        let mut read = |header: Header<'a>, max| {
            let value = text::parse_text(header?, max)?;
            let unquoted = text::strip_quotes(value);
            mistakes.quotes |= unquoted.is_some();
            Some(unquoted.unwrap_or(value))
        };

        if let Some(name) = headers.conflict {
            return Err(Rejection::ConflictingHeader(name));
        }
        let proxy = match Proxy::from_canonical(proxy) {
            Some(proxy) => proxy,
            None => {
                let value = read(Some(proxy), MAX_LEN).ok_or(Rejection::UnreadableProxy)?;
                Proxy::parse(value).ok_or_else(|| Rejection::UnknownProxy(text::excerpt(value)))?
            }
        };
        let request_time = match headers.request_time_ms.and_then(RequestTime::from_canonical) {
            Some(time) => Some(time),
            None => match read(headers.request_time_ms, MAX_LEN) {
                Some(value) => Some(RequestTime::parse(value)?),
                None if proxy.always_sends_time() => return Err(Rejection::MissingRequestTime),
                None => None,
            },
        };
        let method = match headers.httpmethod.and_then(Method::from_canonical) {
            Some(method) => Some(method),
            None => read(headers.httpmethod, MAX_LEN).and_then(Method::parse),
        };
        let path = read(headers.path, MAX_PATH_LEN).and_then(path);
        let mut read = |header| read(header, MAX_LEN).filter(|value| !value.is_empty());
        let api_id = read(headers.api_id);
        // Read only if it differs as bytes, which it hardly ever does.
        let own_api_id = headers.apigateway_api_id.filter(|own| headers.api_id != Some(*own));
        let own_api_id = read(own_api_id);
        if api_id.zip(own_api_id).is_some_and(|(one, other)| one != other) {
            return Err(Rejection::ApiIdMismatch);
        }

        Ok(Self {
            proxy,
            request_time_ms: request_time.map(|time| time.ms),
            domain: read(headers.domain_name).filter(|value| is_host(value)),
            method,
            path,
            stage: read(headers.stage),
            route: read(headers.resource_path).and_then(route),
            account_id: read(headers.account_id),
            api_id,
            region: read(headers.region),
            user: read(headers.user),
            user_agent: headers
                .user_agent
                .and_then(|value| text::parse_text(value, MAX_LEN))
                .filter(|value| !value.is_empty()),
            forwarded_for: headers.x_forwarded_for,
            x_ray: headers.x_amzn_trace_id.and_then(|value| text::parse_text(value, MAX_LEN)?.parse().ok()),
            mistakes: MappingMistakes { seconds: request_time.is_some_and(|time| time.was_seconds), ..mistakes },
        })
    }
}
