//! README's application, letter for letter, for the receivers. The order's id chooses how it answers.
//!
//! `PORT` is where it listens.
#![allow(clippy::disallowed_methods)]

use std::convert::Infallible;
use std::env;
use std::time::Duration;

use apigateway_inferred_span::{otlp, server_span, ApiGatewayInferredSpan};
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::Router;
use futures_util::stream::{self, StreamExt as _};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower_http::trace::TraceLayer;

#[rustfmt::skip]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
let listener = TcpListener::bind(format!("127.0.0.1:{}", env::var("PORT")?)).await?;

let _guard = otlp::init()?;      // OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, ...

let app = Router::new()
    .route("/orders/{id}", get(order))
    .layer(TraceLayer::new_for_http().make_span_with(server_span)) // your server span, however you make it
    .layer(ApiGatewayInferredSpan::new()); // outermost: the gateway's span above it

axum::serve(listener, app).with_graceful_shutdown(otlp::shutdown_signal()).await?;      // SIGTERM loses nothing
Ok(())
}

async fn order(Path(id): Path<String>) -> Response {
    match id.as_str() {
        "missing" => StatusCode::NOT_FOUND.into_response(),
        "broken" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        // Longer than any client here waits.
        "stuck" => {
            sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        "long" => pages().into_response(),
        _ => "tea, 2 pounds\n".into_response(),
    }
}

/// The head goes out at once, the pages follow one by one.
fn pages() -> Body {
    Body::from_stream(stream::iter(["tea", "2 pounds"]).then(|page| async move {
        sleep(Duration::from_millis(20)).await;
        Ok::<_, Infallible>(Bytes::from(page))
    }))
}
