//! X-Ray's format: one header, in which the gateway sends its own trace even if X-Ray traces nothing.
//!
//! Unlike the propagator of `opentelemetry-aws`, this one makes no invalid span of a header without a `Parent`, which
//! samplers would take for a parent that isn't sampled.

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt as _, TraceState};
use opentelemetry::Context;

use super::decision::Found;
use super::fields;
use crate::request::names::X_AMZN_TRACE_ID;
use crate::request::text::{parse_text, MAX_X_RAY_LEN};
use crate::request::XRayTraceHeader;

#[derive(Debug)]
pub(super) struct XRay {
    fields: Vec<String>,
}

impl Default for XRay {
    fn default() -> Self {
        Self { fields: fields(&[X_AMZN_TRACE_ID]) }
    }
}

impl TextMapPropagator for XRay {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        if let Some(header) = XRayTraceHeader::of_span(context.span().span_context()) {
            injector.set(X_AMZN_TRACE_ID, header.to_string());
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let found = extractor.get(X_AMZN_TRACE_ID).and_then(read);
        found.map_or_else(|| context.clone(), |found| found.add_to(context))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

/// `Sampled=1` without a parent is what X-Ray tells whoever begins the trace, and decides nothing here: what is sampled
/// then is up to the application's sampler. `Sampled=0` means that nothing is to be recorded.
fn read(value: &str) -> Option<Found> {
    let header: XRayTraceHeader = parse_text(value.as_bytes(), MAX_X_RAY_LEN)?.parse().ok()?;
    match (header.parent(), header.sampled()) {
        (Some(span_id), sampled) => {
            Some(Found::Span { trace_id: header.trace_id(), span_id, sampled, trace_state: TraceState::NONE })
        }
        (None, Some(false)) => Some(Found::Decision { sampled: false }),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{extracted, round_trip, span, writes, Read, T};
    use super::*;

    const SPAN: u64 = 0x00f0_67aa_0ba9_02b7;
    const ROOT: &str = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736";
    const PARENT: &str = "Parent=00f067aa0ba902b7";

    #[test]
    fn a_parent_makes_a_span_and_nothing_else_does() {
        let found = |sampled| Read::Span(T, SPAN, sampled);
        let long = format!("Lineage={}", "a".repeat(MAX_X_RAY_LEN));
        let table: &[(&[&str], Read)] = &[
            (&[ROOT, PARENT, "Sampled=1"], found(Some(true))),
            (&[ROOT, PARENT, "Sampled=0"], found(Some(false))),
            (&[ROOT, PARENT, "Sampled=?"], found(None)),
            (&[ROOT, PARENT], found(None)),
            (&["sampled=1", " PARENT = 00F067AA0BA902B7 ", "Self=1-2-3", ROOT, "x", ""], found(Some(true))),
            (&[ROOT, "Sampled=0"], Read::Drop),
            (&[ROOT, "Sampled=1"], Read::Nothing),
            (&[ROOT, "Sampled=?"], Read::Nothing),
            (&[ROOT], Read::Nothing),
            (&[PARENT, "Sampled=1"], Read::Nothing),
            (&["Sampled=0"], Read::Nothing),
            (&[""], Read::Nothing),
            (&[ROOT, PARENT, "Sampled=1", "sampled=0"], Read::Nothing),
            (&[ROOT, "Parent=0000000000000000", "Sampled=1"], Read::Nothing),
            (&["Root=1-00000000-000000000000000000000000", PARENT], Read::Nothing),
            (&["Root=1-4bf92f3-577b34da6a3ce929d0e0e4736", PARENT], Read::Nothing),
            (&["Root=1-4bf92f35-77b34da6a3ce929d0e0e473", PARENT], Read::Nothing),
            (&[ROOT, PARENT, &long], Read::Nothing),
        ];
        for (parts, expected) in table {
            let value = parts.join(";");
            assert_eq!(extracted(&XRay::default(), &[("x-amzn-trace-id", &value)]), *expected, "{value:?}");
        }
        assert_eq!(extracted(&XRay::default(), &[]), Read::Nothing);
    }

    #[test]
    fn what_is_written_is_read() {
        for (sampled, digit) in [(true, '1'), (false, '0')] {
            let value = format!("{ROOT};{PARENT};Sampled={digit}");
            writes(&XRay::default(), span(T, SPAN, sampled, ""), &[("x-amzn-trace-id", &value)]);
        }
        round_trip(&XRay::default());
    }
}
