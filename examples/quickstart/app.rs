//! The application: axum, with a server span from `TraceLayer` and the gateway's span above it.

use std::convert::Infallible;
use std::time::Duration;

use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::Router;
use futures_util::stream;
use tokio::time::sleep;
use tower_http::trace::TraceLayer;
use tracing::{info_span, Instrument as _};

use crate::gateway;

pub(crate) fn app() -> Router {
    Router::new()
        .route("/health", get(|| async { "fine\n" }))
        .route("/orders", post(place_order))
        .route("/orders/{id}", get(order))
        .route("/reports/{name}", get(report))
        .route("/export", get(export))
        .layer(TraceLayer::new_for_http().make_span_with(server_span))
        .layer(
            ApiGatewayInferredSpan::new()
                .enabled(true)
                // A real REST API waits for 29 s, which is the default. The stand-in is less patient, and a request
                // that it cuts off is to be called a timeout all the same.
                .integration_timeout(gateway::INTEGRATION_TIMEOUT),
        )
}

async fn order(Path(id): Path<u64>) -> Result<String, StatusCode> {
    query("SELECT orders", 12).await;
    if id != 42 {
        return Err(StatusCode::NOT_FOUND);
    }
    query("SELECT order_lines", 7).await;
    Ok(format!("order {id}: tea, 2 pounds\n"))
}

async fn place_order() -> StatusCode {
    query("INSERT orders", 9).await;
    async {
        sleep(Duration::from_millis(25)).await;
        // An event at error level makes its span an error.
        tracing::error!("the bank closed the connection");
    }
    .instrument(info_span!("charge the card", otel.kind = "client"))
    .await;
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn report(Path(name): Path<String>) -> &'static str {
    let duration = if name == "year" { 3_000 } else { 300 };
    query("SELECT sales", duration).await;
    "sales are up\n"
}

/// The head goes out at once, the pages follow one by one.
async fn export() -> Body {
    Body::from_stream(stream::unfold(1..=4, |mut pages| async {
        let page = pages.next()?;
        query("SELECT page", 100).await;
        let lines = Bytes::from(format!("page {page}\n"));
        Some((Ok::<_, Infallible>(lines), pages))
    }))
}

/// Stands for a database's answer.
async fn query(name: &'static str, milliseconds: u64) {
    sleep(Duration::from_millis(milliseconds))
        .instrument(info_span!("query", otel.name = name, otel.kind = "client"))
        .await;
}
