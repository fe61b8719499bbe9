//! What the tables of each propagator are checked with, and the table of all in one.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};
use proptest::prelude::*;

use super::decision::{decision, Decision};
use super::{composite, Propagator};

/// A trace id.
pub(super) const T: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const LOW: u128 = T & u64::MAX as u128;

pub(super) type Headers<'a> = &'a [(&'a str, &'a str)];

/// What a context says after extraction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Read {
    Nothing,
    Drop,
    Keep,
    /// Trace, span, and whether it is sampled, or `None` if that isn't decided.
    Span(u128, u64, Option<bool>),
}

fn context(propagator: &dyn TextMapPropagator, headers: Headers<'_>) -> Context {
    let headers: HashMap<_, _> = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    propagator.extract_with_context(&Context::new(), &headers)
}

pub(super) fn extracted(propagator: &dyn TextMapPropagator, headers: Headers<'_>) -> Read {
    let context = context(propagator, headers);
    let span = context.span();
    let span = span.span_context();
    assert_eq!(context.has_active_span(), span.is_valid(), "no invalid span, {headers:?}");
    if !span.is_valid() {
        return match decision(&context) {
            Some(Decision::Drop) => Read::Drop,
            Some(Decision::Keep) => Read::Keep,
            _ => Read::Nothing,
        };
    }
    assert!(span.is_remote());
    let sampled = match decision(&context) {
        Some(decision) => {
            assert_eq!((decision, span.is_sampled()), (Decision::Undecided, false), "{headers:?}");
            None
        }
        None => Some(span.is_sampled()),
    };
    Read::Span(u128::from_be_bytes(span.trace_id().to_bytes()), u64::from_be_bytes(span.span_id().to_bytes()), sampled)
}

/// The trace state's header after extraction.
pub(super) fn trace_state(propagator: &dyn TextMapPropagator, headers: Headers<'_>) -> String {
    context(propagator, headers).span().span_context().trace_state().header()
}

fn inject(propagator: &dyn TextMapPropagator, span: SpanContext) -> HashMap<String, String> {
    let mut written = HashMap::new();
    propagator.inject_context(&Context::new().with_remote_span_context(span), &mut written);
    let fields: Vec<_> = propagator.fields().collect();
    assert!(written.keys().all(|name| fields.contains(&name.as_str())), "{written:?}");
    written
}

/// A span with a trace state of that header.
pub(super) fn span(trace: u128, span: u64, sampled: bool, state: &str) -> SpanContext {
    let flags = TraceFlags::default().with_sampled(sampled);
    let state = state.parse().unwrap_or_default();
    SpanContext::new(TraceId::from(trace), SpanId::from(span), flags, true, state)
}

/// Checks what is written for a span.
pub(super) fn writes(propagator: &dyn TextMapPropagator, span: SpanContext, expected: Headers<'_>) {
    let mut written: Vec<_> = inject(propagator, span).into_iter().collect();
    written.sort();
    let written: Vec<_> = written.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(written, expected);
}

/// Checks that any span reads as it was written, and that of an invalid one nothing is.
pub(super) fn round_trip(propagator: &dyn TextMapPropagator) {
    for (trace, id) in [(0, 0), (0, 1), (1, 0)] {
        assert_eq!(inject(propagator, span(trace, id, true, "")), HashMap::new());
    }
    proptest!(|(trace in 1..=u128::MAX, id in 1..=u64::MAX, half: bool, sampled: bool)| {
        let trace = if half { (trace >> 64).max(1) } else { trace };
        // Datadog's format has no trace ids whose lower half is zero.
        let trace = trace | 1;
        let written = inject(propagator, span(trace, id, sampled, ""));
        let written: Vec<_> = written.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        prop_assert_eq!(extracted(propagator, &written), Read::Span(trace, id, Some(sampled)));
    });
}

const TRACEPARENT: (&str, &str) = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
const TRACESTATE: (&str, &str) = ("tracestate", "vendor=1,dd=s:2");
const ID: u64 = 0x00f0_67aa_0ba9_02b7;

#[test]
fn the_last_one_that_finds_a_span_wins() {
    use Propagator::{B3Multi, Baggage, Datadog, TraceContext, XRay, B3};

    let b3 = |value| ("b3", value);
    let x_ray = |value| ("x-amzn-trace-id", value);
    let w3c = Read::Span(T, ID, Some(true));
    let datadog = |trace, span| [("x-datadog-trace-id", trace), ("x-datadog-parent-id", span)];
    let [dd_trace, dd_span] = datadog("11803532876627986230", "67667974448284343");
    let [other_trace, other_span] = datadog("1", "2");
    let tid = ("x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6");
    let priority = |value| ("x-datadog-sampling-priority", value);
    let found = |sampled| Read::Span(T, ID, sampled);
    let undecided = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
    let table: &[(&[Propagator], Headers<'_>, Read, &str)] = &[
        (&[], &[TRACEPARENT], Read::Nothing, ""),
        (&[TraceContext, B3], &[TRACEPARENT, TRACESTATE], w3c, TRACESTATE.1),
        (&[TraceContext, B3], &[TRACEPARENT, b3("1-2-3")], w3c, ""),
        (&[TraceContext, B3], &[TRACEPARENT, b3("0")], w3c, ""),
        (&[B3, TraceContext], &[TRACEPARENT, b3("0")], w3c, ""),
        (&[B3, TraceContext], &[TRACEPARENT, b3(undecided)], w3c, ""),
        (&[B3, TraceContext], &[b3(undecided)], found(None), ""),
        (&[B3, TraceContext], &[("traceparent", "00-0-0-0"), b3("0")], Read::Drop, ""),
        // Another version, which the SDK's propagator reads.
        (&[B3, TraceContext], &[("traceparent", &format!("01{}", &TRACEPARENT.1[2..])), b3(undecided)], w3c, ""),
        (&[TraceContext, B3], &[TRACEPARENT, TRACESTATE, b3(undecided)], w3c, TRACESTATE.1),
        (
            &[TraceContext, B3],
            &[TRACEPARENT, TRACESTATE, b3("a3ce929d0e0e4736-0000000000000002")],
            Read::Span(LOW, 2, None),
            "",
        ),
        (&[B3, B3Multi], &[b3("1")], Read::Keep, ""),
        (&[TraceContext, XRay], &[TRACEPARENT, x_ray("Root=1-67891233-abcdef012345678912345678")], w3c, ""),
        (&[TraceContext, XRay], &[TRACEPARENT, x_ray("Root=1-67891233-abcdef012345678912345678;Sampled=0")], w3c, ""),
        (&[XRay, B3], &[x_ray("Root=1-67891233-abcdef012345678912345678;Sampled=0"), b3("1")], Read::Keep, ""),
        (
            &[B3, XRay],
            &[b3(undecided), x_ray("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=0")],
            found(Some(false)),
            "",
        ),
        (&[TraceContext, Datadog], &[TRACEPARENT, TRACESTATE, dd_trace, dd_span, tid], w3c, TRACESTATE.1),
        (
            &[TraceContext, Datadog],
            &[TRACEPARENT, TRACESTATE, dd_trace, dd_span, tid, priority("0")],
            w3c,
            TRACESTATE.1,
        ),
        // Without the upper half, it is still the same span.
        (&[TraceContext, Datadog], &[TRACEPARENT, TRACESTATE, dd_trace, dd_span], w3c, TRACESTATE.1),
        (
            &[TraceContext, Datadog],
            &[TRACEPARENT, TRACESTATE, other_trace, other_span, priority("-1")],
            Read::Span(1, 2, Some(false)),
            "dd=s:-1",
        ),
        (&[Datadog, TraceContext], &[TRACEPARENT, other_trace, other_span], w3c, ""),
        (&[Datadog, Baggage], &[dd_trace, dd_span], Read::Span(LOW, ID, None), ""),
    ];
    for (propagators, headers, expected, state) in table {
        let composite = composite(propagators);
        assert_eq!(extracted(&composite, headers), *expected, "{propagators:?}, {headers:?}");
        assert_eq!(trace_state(&composite, headers), *state, "{propagators:?}, {headers:?}");
    }
}

#[test]
fn each_writes_its_headers_and_finds_them_among_the_others() {
    let all = Propagator::NAMES.map(|(_, propagator)| propagator);
    round_trip(&composite(&all[..1]));
    round_trip(&composite(&all));
    for propagator in all {
        let written = inject(&composite(&[propagator]), span(T, ID, true, "vendor=1"));
        assert_eq!(written.is_empty(), propagator == Propagator::Baggage, "{propagator:?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_read_nothing_panics_and_no_span_is_invalid(
        value in "[0-9a-fA-F;=, -]{0,70}|\\PC{0,40}",
        tags in "(_dd\\.p\\.[a-z=~;:]{0,9}=?[a-z0-9=~;:]{0,300},?){0,3}|\\PC{0,40}",
        state in "dd=[a-z:;~.]{0,300}|\\PC{0,40}",
    ) {
        let all = composite(&Propagator::NAMES.map(|(_, propagator)| propagator));
        let names = ["traceparent", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-amzn-trace-id"];
        for name in names {
            extracted(&all, &[(name, &value), ("x-b3-flags", &tags)]);
        }
        let datadog = [("x-datadog-trace-id", "1"), ("x-datadog-parent-id", "2")];
        let more = [("x-datadog-tags", tags.as_str()), ("x-datadog-origin", &value), ("tracestate", &state)];
        let read = extracted(&all, &[&datadog[..], &more].concat());
        prop_assert!(matches!(read, Read::Span(_, 2, None)));
        let context = context(&all, &[&datadog[..], &more].concat());
        let found = context.span().span_context().clone();
        let dd = found.trace_state().get("dd").unwrap_or_default();
        prop_assert!(dd.len() <= 256 && dd.bytes().all(|b| matches!(b, b' '..=b'~')), "{}", dd);
        inject(&all, found);
        inject(&all, span(1, 2, true, &state));
    }
}

#[test]
fn the_layer_takes_its_shortcut_with_w3cs_headers_alone() {
    use Propagator::{Baggage, Datadog, TraceContext};

    let table: [(&[Propagator], bool); 4] = [
        (&[TraceContext, Baggage], true),
        (&[Baggage, TraceContext], true),
        (&[TraceContext], true),
        (&[TraceContext, Datadog], false),
    ];
    for (propagators, expected) in table {
        let propagator = crate::parent::Propagator::new(composite(propagators));
        assert_eq!(propagator.is_plain_w3c(), expected, "{propagators:?}");
    }
}

#[test]
fn a_local_span_of_the_same_ids_is_replaced() {
    let local = SpanContext::new(TraceId::from(T), SpanId::from(ID), TraceFlags::SAMPLED, false, TraceState::NONE);
    let context = Context::new().with_remote_span_context(local);
    let headers = HashMap::from([(TRACEPARENT.0.to_owned(), TRACEPARENT.1.to_owned())]);
    let context = composite(&[Propagator::TraceContext]).extract_with_context(&context, &headers);
    assert!(context.span().span_context().is_remote());
}
