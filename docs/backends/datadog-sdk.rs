//! An axum application on Datadog's Rust SDK, `datadog-opentelemetry`, with the gateway's span above its own.
//!
//! It sends its spans to the Agent at `DD_TRACE_AGENT_URL`, http://localhost:8126 by default. Run it with
//! `DD_SERVICE=orders DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true`.

use std::env;
use std::error::Error;

use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::extract::Path;
use axum::routing::get;
use axum::Router;
use opentelemetry::trace::TracerProvider as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio::task::spawn_blocking;
use tower_http::trace::TraceLayer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Reads DD_SERVICE, DD_ENV, DD_VERSION and others, and sets the global provider and propagator.
    let provider = datadog_opentelemetry::tracing().init();
    let bridge = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
    tracing_subscriber::registry().with(LevelFilter::INFO).with(fmt::layer()).with(bridge).init();

    let app = Router::new()
        .route("/orders/{id}", get(order))
        .layer(TraceLayer::new_for_http().make_span_with(server_span))
        .layer(ApiGatewayInferredSpan::new()); // outermost: the gateway's span above the application's

    let address = env::var("ADDRESS").unwrap_or_else(|_| "0.0.0.0:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stopped = async move {
        terminate.recv().await;
    };
    axum::serve(listener, app).with_graceful_shutdown(stopped).await?;

    // Sends what is left. It blocks, so not on a thread of the runtime.
    spawn_blocking(move || provider.shutdown()).await??;
    Ok(())
}

async fn order(Path(id): Path<String>) -> String {
    format!("order {id}\n")
}
