//! The gateway's span as two, for service graphs.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;
use opentelemetry_sdk::trace::SpanExporter as _;
use opentelemetry_sdk::Resource;
use proptest::prelude::*;

use super::backend::{Backend, Behaviour};
use super::spans::{app, app_span, error_message, export, id, resource, service_span, span};

fn gateway_span(service: &str, id: u64) -> SpanData {
    span(id, vec![KeyValue::new("service.name", service.to_owned()), KeyValue::new("_dd.inferred_span", 1)])
}

/// With everything that a span can have.
fn full_span() -> SpanData {
    let state = TraceState::from_key_value([("vendor", "value")]).expect("a trace state");
    let context = SpanContext::new(TraceId::from(7), SpanId::from(42), TraceFlags::SAMPLED, false, state);
    let linked = SpanContext::new(TraceId::from(8), SpanId::from(9), TraceFlags::SAMPLED, true, TraceState::NONE);
    let mut span = gateway_span("gateway", 0);
    span.span_context = context;
    span.parent_span_id = SpanId::from(5);
    span.parent_span_is_remote = true;
    span.name = "aws.apigateway".into();
    span.start_time = SystemTime::UNIX_EPOCH + Duration::from_nanos(1);
    span.end_time = SystemTime::UNIX_EPOCH + Duration::from_nanos(3);
    span.dropped_attributes_count = 2;
    span.status = Status::error("timeout");
    span.events.events.push(Event::new("an event", span.start_time, Vec::new(), 0));
    span.links.links.push(Link::with_context(linked));
    span.attributes.extend([
        KeyValue::new("operation.name", "aws.apigateway"),
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("url.full", "https://gateway/users/42"),
        KeyValue::new("http.route", "/users/{id}"),
        // The SDK keeps what was set first, too.
        KeyValue::new("http.response.status_code", 200),
        KeyValue::new("http.response.status_code", 504),
        KeyValue::new("inferred_span.status_inferred", true),
        KeyValue::new("error.type", "timeout"),
        KeyValue::new("tenant", "acme"),
    ]);
    span
}

/// What is exported of a span, by all exporters, with service graphs on.
fn exported(batch: Vec<SpanData>) -> Vec<SpanData> {
    let backend = Backend::default();
    export(&backend.exporter().service_graph(true), batch).expect("exported");
    backend.records().into_iter().flat_map(|record| record.spans).collect()
}

fn halves(span: SpanData) -> [SpanData; 2] {
    exported(vec![span]).try_into().expect("two spans")
}

fn with_id(span: SpanData, id: SpanId) -> SpanData {
    let context = &span.span_context;
    let state = context.trace_state().clone();
    let context = SpanContext::new(context.trace_id(), id, context.trace_flags(), context.is_remote(), state);
    SpanData { span_context: context, ..span }
}

#[test]
fn incoming_half_is_the_span_with_a_new_id() {
    let original = full_span();
    let [incoming, _] = halves(original.clone());
    let new = incoming.span_context.span_id();
    assert_ne!(new, original.span_context.span_id());
    assert_ne!(new, original.parent_span_id);
    assert_ne!(new, SpanId::INVALID);
    assert_eq!(incoming, with_id(original, new));
}

#[test]
fn outgoing_half_has_the_id_and_what_is_said_of_the_integration() {
    let original = full_span();
    let [incoming, outgoing] = halves(original.clone());
    let mut expected = original;
    expected.parent_span_id = incoming.span_context.span_id();
    expected.parent_span_is_remote = false;
    expected.span_kind = SpanKind::Client;
    expected.dropped_attributes_count = 0;
    expected.events = Default::default();
    expected.links = Default::default();
    expected.attributes = vec![
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("url.full", "https://gateway/users/42"),
        KeyValue::new("http.response.status_code", 504),
        KeyValue::new("error.type", "timeout"),
        KeyValue::new("inferred_span.status_inferred", true),
        KeyValue::new("peer.service", "app"),
    ];
    assert_eq!(outgoing, expected);
}

#[test]
fn an_application_without_a_name_is_no_peer() {
    let backend = Backend::default();
    let mut exporter = backend.exporter().service_graph(true);
    exporter.set_resource(&Resource::builder_empty().build());
    export(&exporter, vec![gateway_span("gateway", 0)]).expect("exported");
    let records = backend.records();
    let [_, outgoing] = &records[1].spans[..] else { panic!("{records:?}") };
    assert_eq!(outgoing.attributes, []);
}

#[test]
fn both_halves_are_exported_under_the_gateways_resource() {
    let backend = Backend::default();
    let exporter = backend.exporter().service_graph(true);
    export(&exporter, vec![app_span(0), gateway_span("gateway", 1)]).expect("exported");
    let records = backend.records();
    assert_eq!((records[0].resource.clone(), records[0].spans.len()), (app(), 1));
    let gateway = resource(&[("service.name", "gateway"), ("team", "orders")]);
    assert_eq!((records[1].resource.clone(), records[1].spans.len()), (gateway, 2));
    // One batch, so that both are sent or neither is.
    assert_eq!(backend.log(&["gateway"]), ["gateway opens", "gateway exports"]);
}

#[test]
fn other_spans_stay_as_they_are() {
    let unsampled = |mut span: SpanData| {
        let state = TraceState::NONE;
        span.span_context = SpanContext::new(TraceId::from(1), SpanId::from(9), TraceFlags::default(), false, state);
        span
    };
    let of_kind = |kind, span| SpanData { span_kind: kind, ..span };
    let table = [
        ("an application's", app_span(0)),
        ("another service's", service_span("a", 0)),
        ("of the application's own name", gateway_span("app", 0)),
        ("not sampled", unsampled(gateway_span("gateway", 0))),
        ("without an id", with_id(gateway_span("gateway", 0), SpanId::INVALID)),
        ("an outgoing half", of_kind(SpanKind::Client, gateway_span("gateway", 0))),
    ];
    for (what, span) in table {
        assert_eq!(exported(vec![span.clone()]), [span], "{what}");
    }
}

#[test]
fn beyond_the_limit_of_services_spans_stay_as_they_are() {
    let backend = Backend::default();
    let exporter = backend.exporter().service_graph(true).max_services(1);
    export(&exporter, vec![gateway_span("a", 0), gateway_span("b", 1)]).expect("exported");
    let records = backend.records();
    assert_eq!(records[0].spans, [gateway_span("b", 1)]);
    assert_eq!(records[1].spans.len(), 2);
}

#[test]
fn off_is_the_default() {
    let backend = Backend::default();
    export(&backend.exporter(), vec![full_span()]).expect("exported");
    assert_eq!(backend.records()[1].spans, [full_span()]);
}

#[test]
fn a_batch_that_failed_is_the_same_when_it_is_sent_again() {
    let backend = Backend::default();
    backend.set_behaviour("gateway", Behaviour::FailsOnExport("away"));
    let exporter = backend.exporter().service_graph(true);
    let message = error_message(export(&exporter, vec![full_span()]));
    assert!(message.contains("away"), "{message}");
    backend.recover("gateway");
    export(&exporter, vec![full_span()]).expect("exported");
    // By another process, too.
    let spans = &backend.records()[1].spans;
    assert_eq!(spans[..2], spans[2..]);
    assert_eq!(spans[..2], halves(full_span()));
}

/// Written down here, because ids of two versions meet in one trace.
#[test]
fn new_ids_are_fixed() {
    let table = [
        (1, 0x9e37_79b9_7f4a_7c14),
        (0x00f0_67aa_0ba9_02b7, 0x9ec7_1e13_74e3_7ea2),
        (u64::MAX, !0x9e37_79b9_7f4a_7c15),
        (0x9e37_79b9_7f4a_7c15, !0x9e37_79b9_7f4a_7c15),
    ];
    for (id, expected) in table {
        let [incoming, _] = halves(with_id(full_span(), SpanId::from(id)));
        assert_eq!(incoming.span_context.span_id(), SpanId::from(expected), "{id:x}");
    }
}

proptest! {
    #[test]
    fn a_new_id_is_valid_and_another_one(id in 1..=u64::MAX, other in 1..=u64::MAX) {
        let new = |id| halves(with_id(full_span(), SpanId::from(id)))[0].span_context.span_id();
        prop_assert_ne!(new(id), SpanId::INVALID);
        prop_assert_ne!(new(id), SpanId::from(id));
        prop_assert_eq!(new(id) == new(other), id == other);
    }

    /// Whichever exporter a span goes to, and whatever becomes of that.
    #[test]
    fn a_span_goes_out_whole_or_as_two_halves_side_by_side(
        batch in proptest::collection::vec((0..6_u8, any::<bool>(), any::<bool>()), 0..40),
        max in 0..6_usize,
        panicking in proptest::option::of(0..6_u8),
    ) {
        let backend = Backend::default();
        if let Some(n) = panicking {
            backend.set_behaviour(&format!("{n}.example"), Behaviour::PanicsWhenMade);
        }
        let batch: Vec<_> = (0..).zip(batch).map(|(id, (service, is_gateway, is_server))| {
            let service = format!("{service}.example");
            let span = if is_gateway { gateway_span(&service, id) } else { service_span(&service, id) };
            SpanData { span_kind: if is_server { SpanKind::Server } else { SpanKind::Internal }, ..span }
        }).collect();
        export(&backend.exporter().service_graph(true).max_services(max), batch.clone()).expect("exported");

        let mut originals = Vec::new();
        for record in backend.records() {
            let mut spans = record.spans.into_iter().peekable();
            while let Some(span) = spans.next() {
                let Some(outgoing) = spans.next_if(|next| next.parent_span_id == span.span_context.span_id()) else {
                    let is_split = span.span_kind == SpanKind::Server
                        && span.attributes.iter().any(|attribute| attribute.key.as_str() == "_dd.inferred_span");
                    prop_assert!(!is_split || record.resource == app(), "{span:?}");
                    originals.push(span);
                    continue;
                };
                prop_assert_eq!(&outgoing.span_kind, &SpanKind::Client);
                prop_assert_eq!(&outgoing.attributes, &[KeyValue::new("peer.service", Value::from("app"))]);
                originals.push(with_id(span, outgoing.span_context.span_id()));
            }
        }
        originals.sort_unstable_by_key(id);
        prop_assert_eq!(originals, batch);
    }
}
