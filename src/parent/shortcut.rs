//! Whether `traceparent` may be written by hand.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use opentelemetry::propagation::{Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

use super::rewrite::traceparent;
use crate::catch_panic::catch_panic;
use crate::request::names::{TRACEPARENT, TRACESTATE};

/// What is known of a propagator: whether it writes exactly the headers of W3C. Vendors' propagators may write more,
/// such as their own entry of `tracestate`, and go by it. It is asked once, with two made-up spans, and again when
/// another one is installed.
#[derive(Debug, Default)]
pub(super) struct Shortcut {
    /// The propagator's identity, and in the lowest bit the answer; 0 if none was asked.
    known: AtomicU64,
}

impl Shortcut {
    pub(super) fn is_plain_w3c(&self, propagator: &dyn TextMapPropagator) -> bool {
        let identity = identity(propagator);
        let known = self.known.load(Relaxed);
        if known & !1 == identity {
            return known & 1 == 1;
        }
        let is_plain = catch_panic(|| probe(propagator)).unwrap_or(false);
        self.known.store(identity | u64::from(is_plain), Relaxed);
        is_plain
    }
}

/// Tells propagators apart by their address and their type, of which either alone isn't enough: many have no size, and
/// so no address of their own. Never 0; the lowest bit is free.
fn identity(propagator: &dyn TextMapPropagator) -> u64 {
    let mut words = Words(1);
    std::ptr::hash(propagator, &mut words);
    words.finish() << 1 | 1 << 63
}

/// Mixes a few words, without the cost of a hash for tables.
struct Words(u64);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // An odd number without a pattern, so that words in another order give another sum.
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Default)]
struct Headers(BTreeMap<String, String>);

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        // An empty header is none.
        if !value.is_empty() {
            self.0.insert(key.to_ascii_lowercase(), value);
        }
    }
}

/// Whether the propagator writes for two spans what we would.
fn probe(propagator: &dyn TextMapPropagator) -> bool {
    let state = TraceState::from_key_value([("vendor", "state")]).unwrap_or_default();
    let spans = [(TraceFlags::SAMPLED, TraceState::NONE), (TraceFlags::NOT_SAMPLED, state)];
    spans.into_iter().all(|(flags, state)| {
        let span = SpanContext::new(TraceId::from(u128::MAX / 3), SpanId::from(u64::MAX / 5), flags, true, state);
        let traceparent = String::from_utf8(traceparent(&span)).unwrap_or_default();
        let expected = [(TRACEPARENT, traceparent), (TRACESTATE, span.trace_state().header())];
        let mut written = Headers::default();
        propagator.inject_context(&Context::new().with_remote_span_context(span), &mut written);
        let expected = expected.into_iter().filter(|(_, value)| !value.is_empty());
        written.0.into_iter().eq(expected.map(|(name, value)| (name.to_owned(), value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::propagation::text_map_propagator::FieldIter;
    use opentelemetry::propagation::{Extractor, TextMapCompositePropagator};
    use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

    #[derive(Debug)]
    struct Writes(&'static [(&'static str, &'static str)]);

    impl TextMapPropagator for Writes {
        fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
            TraceContextPropagator::new().inject_context(context, injector);
            for (name, value) in self.0 {
                assert_ne!(*value, "panic");
                injector.set(name, (*value).to_owned());
            }
        }

        fn extract_with_context(&self, context: &Context, _: &dyn Extractor) -> Context {
            context.clone()
        }

        fn fields(&self) -> FieldIter<'_> {
            FieldIter::new(&[])
        }
    }

    #[test]
    fn only_what_writes_w3cs_headers_alone_is_plain() {
        let with_baggage = TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]);
        let table: [(&dyn TextMapPropagator, bool); 6] = [
            (&TraceContextPropagator::new(), true),
            (&with_baggage, true),
            (&BaggagePropagator::new(), false),
            (&Writes(&[("tracestate", "vendor=span")]), false),
            (&Writes(&[("x-vendor", "span")]), false),
            (&Writes(&[("x-vendor", "panic")]), false),
        ];
        // The same one for all, as if one global propagator replaced the other.
        let shortcut = Shortcut::default();
        for _ in 0..2 {
            for (propagator, expected) in table {
                assert_eq!(shortcut.is_plain_w3c(propagator), expected, "{propagator:?}");
                assert_eq!(shortcut.is_plain_w3c(propagator), expected, "{propagator:?}, again");
            }
        }
    }
}
