//! The application of the golden runs, which sends its spans by OTLP. `PORT` is where it listens.
#![allow(clippy::disallowed_methods)]

use std::env;

use apigateway_inferred_span::{otlp, server_span, ApiGatewayInferredSpan};
use support::golden_routes::routes;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _guard = otlp::init()?;
    let app = routes()
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(server_span))
        .layer(ApiGatewayInferredSpan::new());
    let listener = TcpListener::bind(format!("127.0.0.1:{}", env::var("PORT")?)).await?;
    axum::serve(listener, app).with_graceful_shutdown(otlp::shutdown_signal()).await?;
    Ok(())
}
