//! W3C's format, as the SDK's propagator has it, and with less effort.
//!
//! The SDK splits `traceparent` into a vector of parts, so that its extraction takes twice as long as one that reads the
//! only shape that tracers send. Any other shape is left to the SDK.

use std::ops::Range;

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags};
use opentelemetry::{Context, SpanId, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::decision::without_decision;
use crate::request::names::{TRACEPARENT, TRACESTATE};
use crate::request::text::{read_hex, read_span_id};

#[derive(Debug, Default)]
pub(super) struct TraceContext {
    sdk: TraceContextPropagator,
}

impl TextMapPropagator for TraceContext {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        self.sdk.inject_context(context, injector);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let Some(traceparent) = extractor.get(TRACEPARENT) else {
            return context.clone();
        };
        let span = match read(traceparent) {
            Some((trace_id, span_id, flags)) => {
                let trace_state = extractor.get(TRACESTATE).and_then(|state| state.parse().ok()).unwrap_or_default();
                SpanContext::new(trace_id, span_id, flags, true, trace_state)
            }
            None => self.sdk.extract_with_context(&Context::new(), extractor).span().span_context().clone(),
        };
        match span.is_valid() {
            true => without_decision(context).with_remote_span_context(span),
            false => context.clone(),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        self.sdk.fields()
    }
}

/// A `traceparent` of version 00, of exactly 55 bytes. `None` if it is of any other shape, or has invalid ids.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
fn read(traceparent: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    // Digits in upper case are invalid, to the SDK as to the specification.
    if traceparent.len() != 55 || traceparent.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let part = |range: Range<usize>| traceparent.get(range);
    if [part(0..3)?, part(35..36)?, part(52..53)?] != ["00-", "-", "-"] {
        return None;
    }
    let trace_id = TraceId::from(read_hex(part(3..35)?, 32)?);
    let span_id = read_span_id(part(36..52)?)?;
    // As the SDK does, and the specification of version 00: all other flags are zeroed.
    let flags = TraceFlags::new(u8::try_from(read_hex(part(53..55)?, 2)?).ok()?) & TraceFlags::SAMPLED;
    (trace_id != TraceId::INVALID).then_some((trace_id, span_id, flags))
}

#[cfg(test)]
mod tests {
    use super::super::tests::round_trip;
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn context(propagator: &dyn TextMapPropagator, headers: &HashMap<String, String>) -> (SpanContext, bool) {
        let context = propagator.extract_with_context(&Context::new(), headers);
        let span = context.span().span_context().clone();
        (span, context.has_active_span())
    }

    /// Checks that both find the same. Returns whether that is a span.
    fn is_as_the_sdks(traceparent: &str, trace_state: Option<&str>) -> bool {
        let mut headers = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
        headers.extend(trace_state.map(|state| ("tracestate".to_owned(), state.to_owned())));
        let expected = context(&TraceContextPropagator::new(), &headers);
        assert_eq!(context(&TraceContext::default(), &headers), expected, "{headers:?}");
        expected.1
    }

    #[test]
    fn only_the_usual_shape_is_read_here() {
        // Whether it is read here, and whether by anyone.
        let table = [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true, true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true, true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff", true, true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02", true, true),
            (" 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false, true),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false, true),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false, true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false, false),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false, false),
            ("00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false, false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A", false, false),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false, false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false, false),
            ("", false, false),
        ];
        for (traceparent, is_read_here, is_a_span) in table {
            assert_eq!(read(traceparent).is_some(), is_read_here, "{traceparent:?}");
            for state in [None, Some(""), Some("a=1,b=2"), Some("a"), Some("A=1"), Some(" a=1"), Some("a=1,,b=2")] {
                assert_eq!(is_as_the_sdks(traceparent, state), is_a_span, "{traceparent:?}");
            }
        }
    }

    #[test]
    fn it_writes_what_it_reads_under_the_sdks_names() {
        assert!(TraceContext::default().fields().eq(TraceContextPropagator::new().fields()));
        round_trip(&TraceContext::default());
    }

    proptest! {
        #[test]
        fn any_header_is_read_as_the_sdk_reads_it(
            traceparent in "0[01]-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|00-[0-9a-fA+-]{40,52}|\\PC{0,60}",
            at in 0_usize..60,
            other in "[0-9a-gA+ -]|é|",
            state in proptest::option::of("([a-z0-9@]{1,4}=[a-z=]{0,3},?){0,4}|\\PC{0,30}"),
        ) {
            is_as_the_sdks(&traceparent, state.as_deref());
            let characters = traceparent.chars().enumerate();
            let mutated: String =
                characters.map(|(index, c)| if index == at { other.clone() } else { c.to_string() }).collect();
            is_as_the_sdks(&mutated, state.as_deref());
        }
    }
}
