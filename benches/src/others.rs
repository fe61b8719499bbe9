//! Other layers, each of which creates one server span for the application.
//!
//! | case | layer | subscriber |
//! |---|---|---|
//! | TraceLayer without subscriber | tower-http, as it comes | none |
//! | TraceLayer + tracing-opentelemetry (span only) | tower-http, an INFO span and no events | OpenTelemetry |
//! | TraceLayer + tracing-opentelemetry | tower-http, as it comes | OpenTelemetry |
//! | OtelAxumLayer | axum-tracing-opentelemetry, as it comes | OpenTelemetry |
//! | opentelemetry-instrumentation-tower | without its metrics | none |
//! | opentelemetry-instrumentation-actix-web | without its metrics | none |
//!
//! All get the real request, without a `traceparent`. The subscriber enables what these layers log and create spans from,
//! and level INFO of everything else.

use actix_web::test::init_service;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_instrumentation_actix_web::RequestTracing;
use opentelemetry_instrumentation_tower::http::server;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier};
use tower_http::trace::{DefaultMakeSpan, TraceLayer};
use tower_layer::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::actix::{actix_case, app, bare_actix};
use crate::case::{bare, Case};
use crate::drive::{poll_ready_now, Bare};
use crate::requests::Kind;

pub const TRACE_LAYER: &str = "TraceLayer without subscriber";
pub const TRACE_LAYER_SPAN: &str = "TraceLayer + tracing-opentelemetry (span only)";
pub const TRACE_LAYER_OTEL: &str = "TraceLayer + tracing-opentelemetry";
pub const OTEL_AXUM: &str = "OtelAxumLayer";
pub const OTEL_TOWER: &str = "opentelemetry-instrumentation-tower";
pub const OTEL_ACTIX: &str = "opentelemetry-instrumentation-actix-web";

pub type SpanOnly = TraceLayer<SharedClassifier<ServerErrorsAsFailures>, DefaultMakeSpan, (), (), (), (), ()>;

pub fn span_only() -> SpanOnly {
    TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(tracing::Level::INFO))
        .on_request(())
        .on_response(())
        .on_body_chunk(())
        .on_eos(())
        .on_failure(())
}

pub fn otel_tower() -> server::Layer {
    server::LayerBuilder::builder().with_metrics(false).build().expect("a layer")
}

/// Installs the subscriber for the rest of the process.
pub fn subscribe(provider: &SdkTracerProvider) {
    let targets = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("tower_http", LevelFilter::DEBUG)
        .with_target("otel::tracing", LevelFilter::TRACE);
    tracing_subscriber::registry()
        .with(targets)
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("benches")))
        .init();
}

/// After [`telemetry::install`](crate::telemetry::install).
pub fn without_subscriber() -> Vec<Case> {
    let actix = poll_ready_now(init_service(app().wrap(RequestTracing::new())));
    let baseline = bare_actix(Kind::Root);
    vec![
        tower(TRACE_LAYER, |bare| TraceLayer::new_for_http().layer(bare)),
        tower(OTEL_TOWER, |bare| otel_tower().layer(bare)),
        actix_case(OTEL_ACTIX.into(), baseline, actix, Kind::Root),
    ]
}

/// After [`subscribe`].
pub fn with_subscriber() -> Vec<Case> {
    vec![
        tower(TRACE_LAYER_SPAN, |bare| span_only().layer(bare)),
        tower(TRACE_LAYER_OTEL, |bare| TraceLayer::new_for_http().layer(bare)),
        tower(OTEL_AXUM, |bare| OtelAxumLayer::default().layer(bare)),
    ]
}

fn tower<S, B>(name: &str, wrap: impl Fn(Bare) -> S) -> Case
where
    S: tower_service::Service<http::Request<crate::requests::Body>, Response = http::Response<B>> + 'static,
    S::Error: std::fmt::Debug,
    B: http_body::Body,
{
    Case::tower(name, bare(Kind::Root), wrap(Bare), Kind::Root.requests())
}
