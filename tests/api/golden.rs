//! The requests Datadog's other tracers were asked, asked of ours over real HTTP: the same gateway spans.

use std::convert::Infallible;
use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use axum::Router;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::{Response, StatusCode};
use http_body_util::Empty;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry::Context;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tracing::subscriber::{set_default, DefaultGuard};
use tracing_subscriber::layer::SubscriberExt;

use support::datadog::DatadogPropagator;
use support::golden::{assert_all_used, compare, low_64_bits, Golden};
use support::servers::{self, exchange, Server};
use support::spans::{Recorder, Span};

/// The application's server span, in both applications.
const SERVER: &str = "server";

/// The application of the golden runs.
fn routes() -> Router {
    Router::new()
        .route("/ok", get(|| async { "ok" }))
        .route("/users/{id}", get(|Path(id): Path<String>| async { id }))
        .route("/err", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/notfound", get(|| async { StatusCode::NOT_FOUND }))
        .route("/throw", get(|| async { throw() }))
        .route("/slow", get(|| async { pause(300).await }))
        .route("/stream", get(|| async { Body::from_stream(chunks()) }))
        .layer(axum::middleware::map_response(show_trace))
}

async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn chunks() -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::iter(0..4).then(|_| async {
        pause(100).await;
        Ok(Bytes::from("chunk"))
    })
}

fn throw() {
    panic!("boom");
}

/// Tells the client which trace the handler was in.
async fn show_trace(mut response: Response<Body>) -> Response<Body> {
    let shown = current_trace().parse().expect("ASCII");
    response.headers_mut().insert("x-trace", shown);
    response
}

fn current_trace() -> String {
    let span = Context::current().span().span_context().clone();
    format!("{} {}", low_64_bits(span.trace_id()), span.is_sampled())
}

/// Makes this thread's `tracing` spans OpenTelemetry spans.
fn trace_this_thread(provider: &SdkTracerProvider) -> DefaultGuard {
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("app"));
    set_default(tracing_subscriber::registry().with(layer))
}

fn layer(recorder: &Recorder) -> ApiGatewayInferredSpan {
    recorder.layer().propagator(TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(DatadogPropagator::new()),
    ]))
}

#[tokio::test]
async fn golden_requests_give_the_spans_of_the_peers_in_axum() {
    let recorder = Recorder::new();
    let _guard = trace_this_thread(&recorder.provider);
    let app = routes()
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(|_: &http::Request<Body>| {
            tracing::info_span!("request", otel.name = SERVER, otel.kind = "server")
        }))
        .layer(layer(&recorder));
    replay(&servers::axum(app).await, recorder).await;
}

#[cfg(feature = "actix-web")]
#[tokio::test]
async fn golden_requests_give_the_spans_of_the_peers_in_actix_web() {
    use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse};
    use actix_web::http::header::{HeaderName, HeaderValue};
    use actix_web::{error, web, App, Error, HttpResponse};
    use tracing_actix_web::{DefaultRootSpanBuilder, RootSpanBuilder, TracingLogger};

    struct ServerSpan;

    impl RootSpanBuilder for ServerSpan {
        fn on_request_start(_: &ServiceRequest) -> tracing::Span {
            tracing::info_span!("request", otel.name = SERVER, otel.kind = "server")
        }

        fn on_request_end<B: actix_web::body::MessageBody>(
            span: tracing::Span,
            outcome: &Result<ServiceResponse<B>, Error>,
        ) {
            DefaultRootSpanBuilder::on_request_end(span, outcome);
        }
    }

    let recorder = Recorder::new();
    let (layer, provider) = (layer(&recorder), recorder.provider.clone());
    let server = support::actix_server!(move || {
        // This runs once, on the thread that serves.
        std::mem::forget(trace_this_thread(&provider));
        App::new()
            .route("/ok", web::get().to(|| async { "ok" }))
            .route("/users/{id}", web::get().to(|id: web::Path<String>| async { id.into_inner() }))
            .route("/err", web::get().to(HttpResponse::InternalServerError))
            .route("/notfound", web::get().to(HttpResponse::NotFound))
            .route("/throw", web::get().to(|| async { Err::<&str, _>(error::ErrorInternalServerError("boom")) }))
            .route(
                "/slow",
                web::get().to(|| async {
                    pause(300).await;
                    "slow"
                }),
            )
            .route("/stream", web::get().to(|| async { HttpResponse::Ok().streaming(chunks()) }))
            .wrap_fn(|request, inner| {
                let response = inner.call(request);
                async {
                    let mut response = response.await?;
                    response.headers_mut().insert(
                        HeaderName::from_static("x-trace"),
                        HeaderValue::try_from(current_trace()).expect("ASCII"),
                    );
                    Ok(response)
                }
            })
            .wrap(TracingLogger::<ServerSpan>::new())
            .wrap(layer.clone())
    });
    replay(&server, recorder).await;
}

async fn replay(server: &Server, mut recorder: Recorder) {
    let golden = Golden::read();
    let mut used = Vec::new();
    for request in &golden.requests {
        let authority = server.address.to_string();
        let (sent, time) = request.now(&authority, Empty::<Bytes>::new());
        let response = exchange(server.address, sent).await.expect("a response");
        let trace = response.headers().get("x-trace").map(|v| v.to_str().unwrap());

        let spans = if request.is_sampled() { spans_of_request(&mut recorder).await } else { recorder.ended() };
        let gateway: Vec<_> = spans.iter().filter(|span| span.is_gateway()).collect();
        let server: Vec<_> = spans.iter().filter(|span| span.name == SERVER).collect();
        assert!(gateway.len() <= 1, "{}: {gateway:?}", request.id);
        assert_eq!(server.len(), usize::from(request.is_sampled()), "{}", request.id);

        used.extend(compare(&golden, request, gateway.first().copied()));
        if let ([gateway], [server]) = (&gateway[..], &server[..]) {
            assert_eq!(server.parent, gateway.span_id, "{}", request.id);
            assert_eq!(server.trace_id, gateway.trace_id, "{}", request.id);
            assert!(gateway.start <= server.start && server.end <= gateway.end);
            if let Some(time) = time {
                assert_eq!(gateway.start_ms(), time, "{}", request.id);
            }
        }
        match request.id.as_str() {
            "w3c-unsampled" => assert_eq!(trace, Some("11803532876627986231 false")),
            "dd-prop-prio-neg1" => assert_eq!(trace, Some("1234567890123456790 false")),
            "dd-prop-prio2" => assert_eq!(trace, Some("1234567890123456789 true")),
            _ => {}
        }
    }
    assert_all_used(&used);
    assert_eq!(golden.requests.len(), 18);
}

/// The spans that ended until both the server's and, if its parent isn't remote, its parent have.
async fn spans_of_request(recorder: &mut Recorder) -> Vec<Span> {
    let mut spans = vec![recorder.next().await];
    loop {
        spans.extend(recorder.ended());
        let server = spans.iter().find(|span| span.name == SERVER);
        let is_whole = server.is_some_and(|server| {
            server.parent == opentelemetry::SpanId::INVALID || spans.iter().any(|span| span.span_id == server.parent)
        });
        if is_whole {
            return spans;
        }
        spans.push(recorder.next().await);
    }
}
