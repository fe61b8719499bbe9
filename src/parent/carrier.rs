//! A request's headers, as propagators read and write them.

use opentelemetry::propagation::{Extractor, Injector};

use super::HeaderNames;
use crate::request::names::{BAGGAGE, TRACESTATE};
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
        let mut value = scanned.unwrap_or_else(|| self.headers.first(key))?;
        if key.eq_ignore_ascii_case(TRACESTATE) {
            value = first_members(value)?;
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

/// The most of a trace state that a propagator sees. The SDK makes five copies of each member, for 3,300 instructions:
/// with the 32 that W3C allows, a request would cost 120,000. Tracers send one to three.
const MAX_MEMBERS: usize = 20;
const MAX_TRACE_STATE_LEN: usize = 1_024;

/// The first members of a trace state, as many as a propagator sees; `None` if the first one is too long. The
/// specification, too, leaves out the last ones first. The header stays whole.
///
/// <https://www.w3.org/TR/trace-context/#tracestate-limits>
fn first_members(value: &[u8]) -> Option<&[u8]> {
    let is_comma = |byte: &u8| *byte == b',';
    let value = match value.get(..=MAX_TRACE_STATE_LEN) {
        Some(first) => first.get(..first.iter().rposition(is_comma)?)?,
        None => value,
    };
    // Counted first, because the compiler makes that ten times as fast as looking for the place.
    if value.iter().filter(|byte| is_comma(byte)).count() < MAX_MEMBERS {
        return Some(value);
    }
    let commas = value.iter().enumerate().filter(|(_, byte)| is_comma(byte));
    value.get(..commas.map(|(at, _)| at).nth(MAX_MEMBERS - 1)?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_propagator_sees_the_first_members_of_a_trace_state() {
        let members = |count: usize, length| vec!["k".repeat(length); count].join(",");
        // How many members, how long each is, and how many of them are seen.
        let table = [
            (1, 0, Some(1)),
            (21, 0, Some(20)),
            (19, 3, Some(19)),
            (20, 3, Some(20)),
            (21, 3, Some(20)),
            (1_000, 3, Some(20)),
            (4, 255, Some(4)),
            (5, 255, Some(4)),
            (1, 1_024, Some(1)),
            (2, 1_024, Some(1)),
            (1, 1_025, None),
            (2, 1_025, None),
        ];
        for (count, length, expected) in table {
            let state = members(count, length);
            let seen = first_members(state.as_bytes()).map(|seen| std::str::from_utf8(seen).expect("text"));
            assert_eq!(seen, expected.map(|seen| members(seen, length)).as_deref(), "{count} of {length}");
        }
    }
}
