//! A request's headers, as propagators read and write them.

use opentelemetry::propagation::{Extractor, Injector};

use super::HeaderNames;
use crate::request::names::{BAGGAGE, TRACESTATE};
use crate::request::text::MAX_LEN;
use crate::request::PropagationHeaders;

/// A request's headers, whatever the framework keeps them in.
pub(crate) trait RequestHeaders {
    /// Whether headers may be written that the client didn't send. Where writing may fail, only those are written that
    /// would mislead.
    const MAY_ADD: bool;
    /// Whether headers may be written at all. Those in an event of AWS Lambda may not.
    const MAY_WRITE: bool = true;

    /// Every header: its name in lower case, and its value.
    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])>;
    /// The first value of that name.
    fn first(&self, name: &str) -> Option<&[u8]>;
    /// The values of that name that are text.
    fn values(&self, name: &str) -> Vec<&str>;
    /// Puts `value` in the place of all values of that name.
    fn set(&mut self, name: &str, value: Vec<u8>);
    fn remove(&mut self, name: &str);
    /// Removes every header whose name, in lower case, is to go.
    fn remove_all(&mut self, is_to_go: impl Fn(&str) -> bool);
}

/// A request without its body, whatever the framework keeps it in.
pub(crate) trait RequestParts: RequestHeaders {
    /// Whether the request's extensions have a value of this type.
    fn has_extension<T: Send + Sync + 'static>(&self) -> bool;
    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, value: T);
}

/// What a propagator reads.
pub(super) struct Carrier<'a, H, F> {
    pub(super) headers: &'a H,
    /// Those that the scan has found already.
    pub(super) scanned: Option<PropagationHeaders<'a>>,
    /// Told of each header that the propagator asks for and that is there; false hides it.
    pub(super) on_read: F,
}

impl<H: RequestHeaders, F: Fn(&str) -> bool> Extractor for Carrier<'_, H, F> {
    fn get(&self, key: &str) -> Option<&str> {
        let scanned = self.scanned.and_then(|scanned| scanned.get(key));
        let value = scanned.unwrap_or_else(|| self.headers.first(key))?;
        // The SDK copies each of its entries several times. W3C wants 512 bytes to be passed on.
        if value.len() > MAX_LEN && key.eq_ignore_ascii_case(TRACESTATE) {
            return None;
        }
        // As in all other extractors, a value beyond ASCII is none: otherwise the application would find another
        // parent than the layer.
        let text = std::str::from_utf8(value).ok();
        text.filter(|text| text.is_ascii() && (self.on_read)(key))
    }

    fn keys(&self) -> Vec<&str> {
        self.headers.pairs().map(|(name, _)| name).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        self.get(key)?;
        Some(self.headers.values(key))
    }
}

/// What a propagator writes.
pub(super) struct CarrierMut<'a, H> {
    pub(super) headers: &'a mut H,
    /// The trace state that the headers have already.
    pub(super) kept_trace_state: Option<&'a str>,
    /// The names of headers that were written and aren't known.
    pub(super) written: Vec<String>,
}

impl<H: RequestHeaders> Injector for CarrierMut<'_, H> {
    fn set(&mut self, key: &str, value: String) {
        if !HeaderNames::is_known(key) {
            self.written.push(key.to_owned());
        }
        // A gateway's span has its parent's baggage, so that the client's headers say it already, in however many
        // headers. The same goes for any header that would stay as it is.
        if key.eq_ignore_ascii_case(BAGGAGE) || self.headers.first(key) == Some(value.as_bytes()) {
            return;
        }
        // Nor does a trace state change in whatever form, and in however many headers, the client sent it.
        if key.eq_ignore_ascii_case(TRACESTATE) && self.kept_trace_state == Some(value.as_str()) {
            return;
        }
        // W3C's propagator writes an empty `tracestate` where there is none.
        if value.is_empty() {
            self.headers.remove(key);
        } else {
            self.headers.set(key, value.into_bytes());
        }
    }
}
