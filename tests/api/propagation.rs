//! What becomes of a request's propagation headers, and of the span of middleware that reads them.
// The B3 propagator stands in a crate whose exporter is deprecated.
#![allow(deprecated)]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Empty;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_zipkin::{B3Encoding, Propagator as B3};
use tower::{service_fn, Layer, ServiceExt};

use support::propagators::{Headers, Installed, PanicsOnWriting, RequestIds, VendorState};
use support::requests::RequestBuilder;
use support::spans::{Recorder, Span};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// Sends a request to an application whose server span takes its parent from the headers, else from the context.
/// Returns the headers that the application got, and the spans.
async fn send(propagator: Installed, request: &RequestBuilder) -> (HeaderMap, Vec<Span>) {
    let mut recorder = Recorder::new();
    let (provider, seen) = (recorder.provider.clone(), Arc::new(Mutex::new(HeaderMap::new())));
    let (reads, sees) = (propagator.clone(), Arc::clone(&seen));
    let service = recorder.layer().propagator(propagator).layer(service_fn(move |request: Request<()>| {
        let parent = reads.extract(&Headers(request.headers()));
        drop(provider.tracer("app").start_with_context("server", &parent));
        *sees.lock().expect("not poisoned") = request.headers().clone();
        async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
    }));
    drop(service.oneshot(request.body(())).await.expect("infallible"));
    let headers = seen.lock().expect("not poisoned").clone();
    (headers, recorder.ended())
}

/// The server's span is the gateway's child, or neither is exported.
fn assert_together(spans: &[Span], is_exported: bool) {
    if !is_exported {
        assert!(spans.is_empty(), "{spans:?}");
        return;
    }
    let [server, gateway] = spans else { panic!("two spans: {spans:?}") };
    assert!(gateway.is_gateway());
    assert_eq!((server.trace_id, server.parent), (gateway.trace_id, gateway.span_id));
    assert_eq!((gateway.trace_id.to_string().as_str(), gateway.parent.to_string().as_str()), (TRACE, SPAN));
}

#[tokio::test]
async fn sampling_is_decided_once() {
    let x_ray = |rest: &str| {
        let header = format!("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent={SPAN}{rest}");
        RequestBuilder::gateway().and("x-amzn-trace-id", header)
    };
    for (rest, is_exported) in [
        (";Sampled=0", false),
        (";Sampled=0;sampled=1", false),
        (";sampled=1;Sampled=0", false),
        (";Sampled=1", true),
        (";Sampled=1;sampled=0", true),
    ] {
        let (_, spans) = send(Installed::new(XrayPropagator::new()), &x_ray(rest)).await;
        assert_together(&spans, is_exported);
    }

    let b3 = |flags: &[(&str, &str)]| {
        RequestBuilder::gateway().and("x-b3-traceid", TRACE).and("x-b3-spanid", SPAN).set_all(flags)
    };
    for encoding in [B3Encoding::SingleHeader, B3Encoding::MultipleHeader, B3Encoding::SingleAndMultiHeader] {
        for (flags, is_exported) in [
            (&[("x-b3-flags", "1")][..], true),
            (&[("x-b3-sampled", "1")], true),
            (&[("x-b3-sampled", "0")], false),
            (&[("x-b3-sampled", "1"), ("x-b3-flags", "1")], true),
        ] {
            let (_, spans) = send(Installed::new(B3::with_encoding(encoding.clone())), &b3(flags)).await;
            assert_together(&spans, is_exported);
        }
    }
}

#[tokio::test]
async fn several_headers_of_one_name_stay_several() {
    let both = |first: Box<dyn TextMapPropagator + Send + Sync>| {
        Installed::new(TextMapCompositePropagator::new(vec![first, Box::new(BaggagePropagator::new())]))
    };
    let request = RequestBuilder::gateway().and("baggage", "user=alice").and("baggage", "tenant=acme");
    let b3 = request.clone().and("b3", format!("{TRACE}-{SPAN}-1"));
    let w3c = request.and("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    for (propagator, request) in [
        (both(Box::new(B3::new())), b3),
        (both(Box::new(TraceContextPropagator::new())), w3c.clone()),
        (both(Box::new(TraceContextPropagator::new())), w3c.and("tracestate", "a=1").and("tracestate", "b=2")),
    ] {
        let sent = request.header_map();
        let (seen, spans) = send(propagator, &request).await;
        assert_together(&spans, true);
        for name in ["baggage", "tracestate"] {
            let values = |headers: &HeaderMap| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
            assert_eq!(values(&seen), values(&sent), "{name}");
        }
    }
}

#[tokio::test]
async fn a_long_trace_state_goes_on_whole() {
    for (members, value) in [(32, 1), (32, 59), (32, 200), (100, 200)] {
        let state = (0..members).map(|n| format!("k{n}={}", "v".repeat(value))).collect::<Vec<_>>().join(",");
        let request = RequestBuilder::gateway()
            .and("traceparent", format!("00-{TRACE}-{SPAN}-01"))
            .and("tracestate", state.as_str());
        let (seen, spans) = send(Installed::new(TraceContextPropagator::new()), &request).await;
        assert_together(&spans, true);
        assert_eq!(seen.get("tracestate").map(|value| value.as_bytes()), Some(state.as_bytes()));
    }
}

#[tokio::test]
async fn headers_that_name_no_span_stay() {
    let request = RequestBuilder::gateway().and("x-request-id", TRACE).and("authorization", "Bearer token");
    let (seen, spans) = send(Installed::new(RequestIds), &request).await;
    assert_eq!(seen, request.header_map());
    assert_eq!(spans.len(), 2);
}

#[tokio::test]
async fn a_vendors_trace_state_names_the_gateways_span() {
    let request = RequestBuilder::gateway()
        .and("traceparent", format!("00-{TRACE}-1111111111111111-01"))
        .and("tracestate", format!("vendor={SPAN}"));
    let (_, spans) = send(Installed::new(VendorState), &request).await;
    assert_together(&spans, true);
}

#[tokio::test]
async fn without_headers_that_can_be_written_the_context_decides() {
    let request = RequestBuilder::gateway().and("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    let (seen, spans) = send(Installed::new(PanicsOnWriting), &request).await;
    assert!(!seen.contains_key("traceparent"));
    assert_together(&spans, true);
}
