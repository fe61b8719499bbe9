//! The application's span by `server_span`: kind, parent, status, and its end when the request is cut off.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::time::SystemTime;

use apigateway_inferred_span::{server_span, server_span_with, InferredSpan};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use opentelemetry::trace::{SpanId, SpanKind, Status, TracerProvider as _};
use serde_json::{json, Value};
use support::requests::RequestBuilder;
use support::spans::{Recorder, Span};
use tower::{service_fn, Layer as _, ServiceExt as _};
use tower_http::trace::TraceLayer;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

type Answer = Result<Response<Empty<Bytes>>, Infallible>;

/// Spans of `tracing` without where they were made, as the quickstart has them.
fn subscribe(recorder: &Recorder) -> DefaultGuard {
    let spans = tracing_opentelemetry::layer()
        .with_tracer(recorder.provider.tracer("app"))
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_level(false);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(spans))
}

fn request() -> RequestBuilder {
    RequestBuilder::documented().uri("/users/42?x=y")
}

fn answer(status: StatusCode) -> Answer {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}

/// The spans of a request that is answered so: the application's, then the gateway's.
fn answered(status: StatusCode) -> [Span; 2] {
    let mut recorder = Recorder::new();
    let _subscriber = subscribe(&recorder);
    let service = service_fn(move |_: Request<Empty<Bytes>>| ready(answer(status)));
    let service = TraceLayer::new_for_http().on_failure(()).make_span_with(server_span).layer(service);
    drop(recorder.layer().layer(service).oneshot(request().body(Empty::new())).now_or_never().expect("at once"));
    recorder.ended().try_into().expect("two spans")
}

fn attributes(status: u16) -> Value {
    json!({ "http.request.method": "GET", "http.response.status_code": status, "url.path": "/users/42" })
}

#[test]
fn it_is_a_server_span_below_the_gateways_with_the_responses_status() {
    let [server, gateway] = answered(StatusCode::NOT_FOUND);
    assert!(gateway.is_gateway());
    assert_eq!((server.name.as_str(), &server.kind), ("GET", &SpanKind::Server));
    assert_eq!((server.trace_id, server.parent), (gateway.trace_id, gateway.span_id));
    assert_eq!(server.attributes, attributes(404));
    assert_eq!(server.status, Status::Unset);

    let [server, _] = answered(StatusCode::BAD_GATEWAY);
    assert_eq!(server.attributes, attributes(502));
    assert_eq!(server.status, Status::error(""));
}

#[test]
fn it_ends_when_the_request_is_cut_off() {
    let mut recorder = Recorder::new();
    let _subscriber = subscribe(&recorder);
    let service = service_fn(|_: Request<Empty<Bytes>>| pending::<Answer>());
    let service = TraceLayer::new_for_http().make_span_with(server_span).layer(service);
    let mut answer = Box::pin(recorder.layer().layer(service).oneshot(request().body(Empty::new())));
    assert!(answer.as_mut().now_or_never().is_none());
    let cut_off = SystemTime::now();
    drop(answer);
    let [server, gateway] = recorder.ended().try_into().expect("two spans");
    assert!(server.end >= cut_off, "ended at its last poll");
    assert!(server.start >= gateway.start && server.end <= gateway.end);
    assert_eq!(gateway.attributes["error.type"], "cancelled");
}

#[test]
fn a_clone_that_the_application_keeps_holds_no_span_open() {
    let mut recorder = Recorder::new();
    let _subscriber = subscribe(&recorder);
    let (sender, kept) = std::sync::mpsc::channel();
    let service = service_fn(move |request: Request<Empty<Bytes>>| {
        sender.send(request.extensions().get::<InferredSpan>().cloned()).expect("kept");
        ready(answer(StatusCode::OK))
    });
    let service = TraceLayer::new_for_http().make_span_with(server_span).layer(service);
    drop(recorder.layer().layer(service).oneshot(request().body(Empty::new())).now_or_never().expect("at once"));
    assert_eq!(recorder.ended().len(), 2);
    let inferred_span = kept.recv().expect("sent").expect("in the extensions");
    assert_eq!(inferred_span.request().stage(), Some("prod"));
}

#[test]
fn an_own_span_gets_what_it_has_fields_for() {
    let mut recorder = Recorder::new();
    let _subscriber = subscribe(&recorder);
    for (make, expected) in [
        (
            (|| tracing::info_span!("mine", otel.kind = "server", http.response.status_code = tracing::field::Empty))
                as fn() -> tracing::Span,
            json!({ "http.response.status_code": 200 }),
        ),
        (|| tracing::info_span!("mine", otel.kind = "server", tenant = "acme"), json!({ "tenant": "acme" })),
    ] {
        let service = service_fn(|_: Request<Empty<Bytes>>| ready(answer(StatusCode::OK)));
        let make_span = move |request: &Request<Empty<Bytes>>| server_span_with(request, make);
        let service = TraceLayer::new_for_http().make_span_with(make_span).layer(service);
        drop(recorder.layer().layer(service).oneshot(request().body(Empty::new())).now_or_never().expect("at once"));
        let [server, gateway] = recorder.ended().try_into().expect("two spans");
        assert_eq!((server.name.as_str(), server.parent), ("mine", gateway.span_id));
        assert_eq!(server.attributes, expected);
    }
}

#[test]
fn without_the_gateway_it_is_below_the_current_span() {
    let mut recorder = Recorder::new();
    let _subscriber = subscribe(&recorder);
    let plain = RequestBuilder::plain().body(());
    drop(server_span(&plain));
    tracing::info_span!("outer").in_scope(|| drop(server_span(&plain)));
    let [root, below, outer] = recorder.ended().try_into().expect("three spans");
    assert_eq!((root.kind, root.parent), (SpanKind::Server, SpanId::INVALID));
    assert_eq!(below.parent, outer.span_id);
    assert_eq!(below.attributes, json!({ "http.request.method": "GET", "url.path": "/" }));
}

/// A span that middleware between the two made.
#[test]
fn it_is_below_a_deeper_span_that_is_current() {
    let mut recorder = Recorder::new();
    let _subscriber = subscribe(&recorder);
    let service = service_fn(|_: Request<Empty<Bytes>>| ready(answer(StatusCode::OK)));
    let traced = TraceLayer::new_for_http().make_span_with(server_span).layer(service);
    let auth = service_fn(move |request: Request<Empty<Bytes>>| {
        tracing::info_span!("auth")
            .in_scope(|| traced.clone().oneshot(request).now_or_never().expect("at once"))
            .map(|response| response.map(|_| Empty::<Bytes>::new()))
            .map_or_else(|error| ready(Err(error)), |response| ready(Ok(response)))
    });
    drop(recorder.layer().layer(auth).oneshot(request().body(Empty::new())).now_or_never().expect("at once"));
    let spans = recorder.ended();
    let named = |name: &str| spans.iter().find(|span| span.name == name).expect(name);
    assert_eq!(named("GET").parent, named("auth").span_id);
    assert_eq!(named("auth").parent, named("aws.apigateway").span_id);
}

#[test]
fn of_several_attempts_the_last_one_gets_the_responses_status() {
    let mut recorder = Recorder::new();
    let _subscriber = subscribe(&recorder);
    let retries = service_fn(|request: Request<Empty<Bytes>>| {
        server_span(&request).in_scope(|| ());
        let ended = SystemTime::now();
        server_span(&request).in_scope(|| ());
        let mut response = answer(StatusCode::BAD_GATEWAY).expect("infallible");
        response.extensions_mut().insert(ended);
        ready(Ok::<_, Infallible>(response))
    });
    let response = recorder.layer().layer(retries).oneshot(request().body(Empty::new())).now_or_never();
    let response = response.expect("at once").expect("infallible");
    let between = *response.extensions().get::<SystemTime>().expect("there");
    drop(response);
    let [first, last, gateway] = recorder.ended().try_into().expect("three spans");
    assert!(first.end <= between && last.end >= between && last.end <= gateway.end);
    assert!(first.attribute("http.response.status_code").is_null());
    assert_eq!(last.attribute("http.response.status_code"), 502);
}

/// What the application's future holds until it is dropped, as middleware does that attaches a context.
#[test]
fn spans_that_a_future_holds_end_before_the_gateways() {
    struct Span(opentelemetry::global::BoxedSpan);

    impl Drop for Span {
        fn drop(&mut self) {
            opentelemetry::trace::Span::end(&mut self.0);
        }
    }

    /// Ready at once, and holds its span until it is dropped.
    struct Holds(Option<Result<Response<Empty<Bytes>>, &'static str>>, #[allow(dead_code)] Span);

    impl std::future::Future for Holds {
        type Output = Result<Response<Empty<Bytes>>, &'static str>;

        fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
            std::task::Poll::Ready(self.0.take().expect("polled once"))
        }
    }

    let mut recorder = Recorder::new();
    let tracer = opentelemetry::global::BoxedTracer::new(Box::new(recorder.provider.tracer("app")));
    let tracer = std::sync::Arc::new(tracer);
    for result in [Err("refused"), Ok(101)] {
        let tracer = std::sync::Arc::clone(&tracer);
        let service = service_fn(move |_: Request<Empty<Bytes>>| {
            let answer = result.map(|status| {
                let mut response = Response::new(Empty::new());
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                response
            });
            Holds(Some(answer), Span(opentelemetry::trace::Tracer::start(&*tracer, "held")))
        });
        let answer = recorder.layer().layer(service).oneshot(request().body(Empty::new())).now_or_never();
        drop(answer.expect("at once"));
        let [held, gateway] = recorder.ended().try_into().expect("two spans");
        assert_eq!((held.name.as_str(), held.parent), ("held", gateway.span_id));
        assert!(held.end <= gateway.end);
    }
}
