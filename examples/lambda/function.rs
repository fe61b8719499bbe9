//! The function: an axum router on `lambda_http`, with the same layer on the runtime and on the router.

use std::time::Duration;

use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::Router;
use lambda_http::Adapter;
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::Runtime;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::time::sleep;
use tower_http::trace::TraceLayer;
use tracing::{info_span, Instrument as _};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::Error;

/// The `main` of a function. `lambda_http::run(app)`, with the layer on the router alone, is enough for the gateway's span
/// above the server's; with the layer on the runtime, the function's own span is in the trace too, and nothing is lost
/// when Lambda freezes the process.
pub(crate) async fn main(provider: &SdkTracerProvider) -> Result<(), Error> {
    let flush = provider.clone();
    let gateway = ApiGatewayInferredSpan::new()
        .enabled(true)
        .tracer_provider(provider)
        // With the feature `otlp`: `.flush(guard.flusher())`.
        .flush(move || drop(flush.force_flush()));
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .route("/orders", get(|| async { "all orders\n" }))
        .layer(TraceLayer::new_for_http().make_span_with(server_span))
        .layer(gateway.clone());
    Runtime::new(Adapter::from(app))
        // The function's span. With `lambda_runtime`'s feature `opentelemetry`, its `OpenTelemetryLayer` makes a better one.
        .layer(TracingLayer::new())
        .layer(gateway) // last, so that it is outermost
        .run()
        .await
}

async fn order(Path(id): Path<u64>) -> Result<String, StatusCode> {
    query("GetItem orders", 12).await;
    match id {
        42 => Ok(format!("order {id}: tea, 2 pounds\n")),
        _ => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Stands for a call of a database.
async fn query(name: &str, milliseconds: u64) {
    let span = info_span!("query", otel.name = name, otel.kind = "client");
    sleep(Duration::from_millis(milliseconds)).instrument(span).await;
}

pub(crate) fn install_tracing(provider: &SdkTracerProvider) {
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
    tracing_subscriber::registry().with(spans).init();
}
