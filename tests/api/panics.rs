//! What the application hands over may panic: the request is served all the same.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanProcessor};
use tower::{service_fn, Layer, ServiceExt};

use support::requests::RequestBuilder;
use support::services;
use support::spans::Recorder;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Panics {
    Never,
    Reading,
    Writing,
    AtTheEnd,
    WritingAndAtTheEnd,
}

/// Reads a header that the fast path of writing doesn't know.
#[derive(Debug)]
struct Propagator(Panics);

impl TextMapPropagator for Propagator {
    fn inject_context(&self, _: &Context, injector: &mut dyn Injector) {
        assert!(!matches!(self.0, Panics::Writing | Panics::WritingAndAtTheEnd), "boom");
        injector.set("x-parent", "ours".to_owned());
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        assert!(self.0 != Panics::Reading, "boom");
        match extractor.get("x-parent") {
            None => context.clone(),
            Some(_) => context.with_remote_span_context(SpanContext::new(
                TraceId::from(1),
                SpanId::from(2),
                TraceFlags::SAMPLED,
                true,
                TraceState::NONE,
            )),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&[])
    }
}

#[derive(Debug)]
struct Processor(Panics);

impl SpanProcessor for Processor {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {}

    fn on_end(&self, _: SpanData) {
        assert!(!matches!(self.0, Panics::AtTheEnd | Panics::WritingAndAtTheEnd), "boom");
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: std::time::Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn panics_fail_no_request_and_are_counted_without_a_span() {
    for (panics, code) in [
        (Panics::Never, "accepted"),
        (Panics::Reading, "panicked"),
        (Panics::Writing, "accepted"),
        (Panics::AtTheEnd, "accepted"),
        (Panics::WritingAndAtTheEnd, "accepted"),
    ] {
        let mut recorder = Recorder::with(|builder| builder.with_span_processor(Processor(panics)));
        let layer = recorder.layer().propagator(Propagator(panics));
        let request = RequestBuilder::gateway().and("x-parent", "theirs");
        let response = layer.layer(services::empty()).oneshot(request.body(()));
        let response = response.now_or_never().expect("at once").expect("infallible");
        assert_eq!(response.status(), 200, "{panics:?}");
        drop(response);

        assert!(layer.stats().iter().any(|counted| counted == (code, 1)), "{panics:?}: {:?}", layer.stats());
        let expected = usize::from(code == "accepted");
        assert_eq!(recorder.ended().len(), expected, "{panics:?}");
    }
}

#[test]
fn a_panic_at_the_end_doesnt_hide_the_applications() {
    let mut recorder = Recorder::with(|b| b.with_span_processor(Processor(Panics::AtTheEnd)));
    let service = recorder.layer().layer(service_fn(|request: Request<()>| async move {
        assert_eq!(request.uri().path(), "/fine", "boom");
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    }));
    let call = std::panic::AssertUnwindSafe(service.oneshot(RequestBuilder::gateway().body(())));
    assert!(call.catch_unwind().now_or_never().expect("at once").is_err());
    assert_eq!(recorder.ended()[0].attribute("error.type"), "panic");
}

/// A subscriber that panics wherever it is called while `ARMED`.
struct PanickingSubscriber;

thread_local! {
    static ARMED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

fn panic_if_armed() {
    assert!(!ARMED.get(), "boom");
}

impl tracing::Subscriber for PanickingSubscriber {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {
        panic_if_armed();
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        panic_if_armed();
    }

    fn enter(&self, _: &tracing::span::Id) {
        panic_if_armed();
    }

    fn exit(&self, _: &tracing::span::Id) {
        panic_if_armed();
    }

    fn try_close(&self, _: tracing::span::Id) -> bool {
        panic_if_armed();
        true
    }
}

/// Its log, and the span that it is handed, cost no request.
#[test]
fn a_subscriber_that_panics_fails_no_request() {
    let mut recorder = Recorder::new();
    let _subscriber = tracing::subscriber::set_default(PanickingSubscriber);
    ARMED.set(true);
    for request in [
        RequestBuilder::gateway().set("x-dd-proxy-request-time-ms", "soon"),
        RequestBuilder::gateway().set("x-dd-proxy", "'aws-apigateway'"),
        RequestBuilder::plain().and("x-dd-proxy-stage", "prod"),
        RequestBuilder::gateway(),
    ] {
        let service = recorder.layer().layer(service_fn(|request: Request<()>| async move {
            // Forgotten, because a drop of its own is the application's business.
            std::mem::forget(apigateway_inferred_span::server_span(&request));
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }));
        let response = service.oneshot(request.body(())).now_or_never();
        drop(response.expect("at once").expect("infallible"));
    }
    ARMED.set(false);
    assert_eq!(recorder.ended().len(), 2);
}
