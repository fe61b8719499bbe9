//! The golden requests over real HTTP give the gateway spans that Datadog's other tracers reported.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::body::Body;
use http::Response;
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

use golden::{Golden, Report, Request, View};
use support::datadog::DatadogPropagator;
use support::golden::{as_agent_maps, low_64_bits};
use support::golden_routes::routes;
#[cfg(feature = "actix-web")]
use support::golden_routes::{chunks, pause};
use support::servers::{self, exchange, Server};
use support::spans::{now_ms, Recorder, Span};

/// The application's server span, in both applications.
const SERVER: &str = "server";

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
async fn spans_are_those_of_other_tracers_in_axum() {
    let recorder = Recorder::new();
    let _guard = trace_this_thread(&recorder.provider);
    let app = routes()
        .layer(axum::middleware::map_response(show_trace))
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(|_: &http::Request<Body>| {
            tracing::info_span!("request", otel.name = SERVER, otel.kind = "server")
        }))
        .layer(layer(&recorder));
    replay(&servers::axum(app).await, recorder).await;
}

#[cfg(feature = "actix-web")]
#[tokio::test]
async fn spans_are_those_of_other_tracers_in_actix_web() {
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
    let mut reports = BTreeMap::new();
    for request in &golden.requests {
        let (trace, during) = send(request, server.address).await;

        let spans = if request.is_sampled() { spans_of_request(&mut recorder).await } else { recorder.ended() };
        let spans = spans.iter().filter(|span| span.is_gateway() || span.name == SERVER);
        let spans: Vec<_> = spans.map(as_agent_maps).collect();
        reports.insert(request.id.as_str(), Report::of(request, &during, &spans));

        match request.id.as_str() {
            "w3c-unsampled" => assert_eq!(trace, "11803532876627986231 false"),
            "dd-prop-prio-neg1" => assert_eq!(trace, "1234567890123456790 false"),
            "dd-prop-prio2" => assert_eq!(trace, "1234567890123456789 true"),
            _ => {}
        }
    }
    let faults = golden.compare(View::Otlp, &reports).faults;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Sends a request now; the trace its handler was in, and from when to when it was under way.
async fn send(request: &Request, address: SocketAddr) -> (String, RangeInclusive<u64>) {
    let (sent_ms, authority) = (now_ms(), address.to_string());
    let uri = format!("http://{authority}{}", request.path);
    let mut sent = http::Request::builder().method(request.method.as_str()).uri(uri).header("host", authority);
    for (name, value) in request.headers(sent_ms) {
        sent = sent.header(name, value);
    }
    let response = exchange(address, sent.body(Empty::new()).expect("a request")).await.expect("a response");
    let trace = response.headers().get("x-trace").map_or("", |value| value.to_str().expect("ASCII"));
    (trace.to_owned(), sent_ms..=now_ms())
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
