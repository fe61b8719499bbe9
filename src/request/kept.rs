//! What the gateway said of a request, kept for as long as somebody may ask for them.

use super::mistakes::MappingMistakes;
use super::proxy::Proxy;
use super::proxy_request::ProxyRequest;
#[cfg(any(feature = "lambda", feature = "request-context"))]
use super::proxy_request::Source;
use super::scan::{Header, Headers};
use super::text::MAX_PATH_LEN;

/// The length that stands for a header that isn't there.
const ABSENT: u16 = u16::MAX;

/// What a request was believed to be, in one buffer. Reading it again costs only those who ask for it, and the
/// application may strip or change the headers meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct KeptHeaders {
    #[cfg(any(feature = "lambda", feature = "request-context"))]
    source: Source,
    proxy: Proxy,
    request_time_ms: Option<u64>,
    mistakes: MappingMistakes,
    /// The values of [`Headers::optional`], and of an event those of [`Headers::of_events`], each behind its length.
    values: Vec<u8>,
}

impl KeptHeaders {
    /// Keeps what `request` was read from.
    pub(crate) fn new(request: &ProxyRequest<'_>, headers: &Headers<'_>) -> Self {
        // Whatever is longer counts as absent, and needn't be kept.
        let kept = headers.optional().map(|value| value.filter(|value| value.len() <= MAX_PATH_LEN));
        let length = |value: &Header<'_>| 2 + value.map_or(0, <[u8]>::len);
        let mut values = Vec::with_capacity(kept.iter().map(length).sum());
        kept.into_iter().for_each(|value| keep(&mut values, value));
        #[cfg(any(feature = "lambda", feature = "request-context"))]
        if request.source == Source::Event {
            let more = headers.of_events().map(|value| value.filter(|value| value.len() <= MAX_PATH_LEN));
            more.into_iter().for_each(|value| keep(&mut values, value));
        }
        let ProxyRequest { proxy, request_time_ms, mistakes, .. } = *request;
        Self {
            #[cfg(any(feature = "lambda", feature = "request-context"))]
            source: request.source,
            proxy,
            request_time_ms,
            mistakes,
            values,
        }
    }

    pub(crate) fn proxy(&self) -> Proxy {
        self.proxy
    }

    pub(crate) fn read(&self) -> ProxyRequest<'_> {
        let mut headers = Headers::default();
        let mut rest = self.values.as_slice();
        for slot in headers.optional_mut() {
            *slot = next(&mut rest);
        }
        #[cfg(any(feature = "lambda", feature = "request-context"))]
        if self.source == Source::Event {
            for slot in headers.of_events_mut() {
                *slot = next(&mut rest);
            }
            let read = ProxyRequest::read_optional(self.proxy, self.request_time_ms, &headers).of_event(&headers);
            return ProxyRequest { mistakes: self.mistakes, ..read };
        }
        let read = ProxyRequest::read_optional(self.proxy, self.request_time_ms, &headers);
        ProxyRequest { mistakes: self.mistakes, ..read }
    }
}

/// Puts a value behind its length.
fn keep(values: &mut Vec<u8>, value: Header<'_>) {
    let length = value.map_or(ABSENT, |value| value.len() as u16);
    values.extend_from_slice(&length.to_le_bytes());
    values.extend_from_slice(value.unwrap_or_default());
}

/// Takes the next value from `rest`.
fn next<'a>(rest: &mut &'a [u8]) -> Header<'a> {
    let [low, high, after @ ..] = *rest else { return None };
    *rest = after;
    let length = u16::from_le_bytes([*low, *high]);
    if length == ABSENT {
        return None;
    }
    let value = after.get(..length.into())?;
    *rest = after.get(length.into()..)?;
    Some(value)
}
