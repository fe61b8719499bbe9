//! The application: axum, with a server span from `TraceLayer` and the gateway's span above it.

use std::convert::Infallible;
use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Path, Request};
use axum::http::StatusCode;
use axum::middleware::{from_fn, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::Router;
use futures_util::stream;
use tokio::time::sleep;
use tower_http::trace::TraceLayer;
use tracing::field::Empty;
use tracing::{info_span, Instrument as _, Span};

use crate::gateway;

pub(crate) fn app() -> Router {
    Router::new()
        .route("/health", get(|| async { "fine\n" }))
        .route("/orders", post(place_order))
        .route("/orders/{id}", get(order))
        .route("/reports/{name}", get(report))
        .route("/export", get(export))
        .layer(from_fn(within_server_span))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(server_span)
                .on_request(())
                .on_response(record_status)
                .on_failure(()),
        )
        .layer(
            ApiGatewayInferredSpan::new()
                .enabled(true)
                // A real REST API waits for 29 s, which is the default. The stand-in is less patient, and a request
                // that it cuts off is to be called a timeout all the same.
                .integration_timeout(gateway::INTEGRATION_TIMEOUT),
        )
}

fn server_span(request: &Request) -> Span {
    let method = request.method().as_str();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map(MatchedPath::as_str);
    let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
    info_span!(
        "request",
        otel.kind = "server",
        otel.name = name,
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        url.path = request.uri().path(),
    )
}

fn record_status(response: &Response, _latency: Duration, span: &Span) {
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "error");
    }
}

/// A span of `tracing` ends in OpenTelemetry where it was last left, so that one of a request that is cut off would end
/// before its children do. An instrumented future enters it once more when it is dropped.
async fn within_server_span(request: Request, next: Next) -> Response {
    next.run(request).in_current_span().await
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
