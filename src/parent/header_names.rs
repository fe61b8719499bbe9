//! A set of the names of propagation headers.

use crate::request::names::{BAGGAGE, TRACEPARENT, TRACESTATE, X_AMZN_TRACE_ID};

/// The names of the headers that a propagator asked for, or wrote. A set of bits, because keeping the names would
/// allocate for every request, and extracting twice instead costs 50 % more.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeaderNames {
    /// A bit for each of [`HeaderNames::KNOWN`], and one for all others.
    bits: u32,
}

impl HeaderNames {
    /// W3C's first: the masks below are bits of their places. A propagator that reads others is asked to extract twice
    /// (the second way of [`rewrite`](super::Propagator::rewrite)).
    const KNOWN: [&'static str; 16] = [
        TRACEPARENT,
        TRACESTATE,
        BAGGAGE,
        "b3",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-sampled",
        "x-b3-flags",
        "x-b3-parentspanid",
        "x-datadog-trace-id",
        "x-datadog-parent-id",
        "x-datadog-sampling-priority",
        "x-datadog-tags",
        "x-datadog-origin",
        X_AMZN_TRACE_ID,
        "uber-trace-id",
    ];
    const TRACEPARENT: u32 = 0b1;
    const TRACESTATE: u32 = 0b10;
    const W3C: u32 = 0b111;
    const OTHERS: u32 = 1 << Self::KNOWN.len();

    /// The set with another name, in any case.
    pub(super) fn insert(self, name: &str) -> Self {
        Self { bits: self.bits | Self::place(name).map_or(Self::OTHERS, |place| 1 << place) }
    }

    /// The place of a name, in any case, among those that a set keeps apart.
    fn place(name: &str) -> Option<usize> {
        // Most propagators ask by names in lower case.
        let place = |is: fn(&str, &str) -> bool| Self::KNOWN.iter().position(|known| is(known, name));
        place(|known, name| known == name).or_else(|| place(str::eq_ignore_ascii_case))
    }

    /// Whether a header of this name is known to name a span, or to say how one is sampled.
    pub(super) fn names_a_span(name: &str) -> bool {
        Self::is_known(name) && !name.eq_ignore_ascii_case(BAGGAGE)
    }

    /// Whether the name is one of those that a set keeps apart.
    pub(super) fn is_known(name: &str) -> bool {
        Self::place(name).is_some()
    }

    pub(super) fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Whether there are none but W3C's headers.
    pub(super) fn is_w3c(self) -> bool {
        self.bits & !Self::W3C == 0
    }

    pub(super) fn has_traceparent(self) -> bool {
        self.bits & Self::TRACEPARENT != 0
    }

    pub(super) fn has_trace_state(self) -> bool {
        self.bits & Self::TRACESTATE != 0
    }
}

#[cfg(test)]
mod tests {
    use super::HeaderNames;

    fn set(names: &[&str]) -> HeaderNames {
        names.iter().fold(HeaderNames::default(), |set, name| set.insert(name))
    }

    #[test]
    fn w3c_is_traceparent_and_its_companions() {
        assert!(set(&[]).is_w3c());
        assert!(set(&["Traceparent", "tracestate", "baggage"]).is_w3c());
        assert!(!set(&["traceparent", "b3"]).is_w3c());
        assert!(!set(&["traceparent", "x-vendor"]).is_w3c());
    }

    #[test]
    fn a_set_has_what_was_inserted() {
        assert!(set(&[]).is_empty() && !set(&["x-vendor"]).is_empty());
        assert!(set(&["TraceState"]).has_trace_state() && !set(&["traceparent"]).has_trace_state());
    }
}
