//! A small server whose traces begin at the gateway. It prints each span as a line.
//!
//! ```text
//! cargo run --example axum            # PORT=3000 unless set
//! ```
//!
//! What a gateway would send, a tenth of a second after it took the request:
//!
//! ```text
//! curl http://127.0.0.1:3000/orders/42 \
//!   -H 'x-dd-proxy: aws-apigateway' \
//!   -H "x-dd-proxy-request-time-ms: $(( $(date +%s%3N) - 100 ))" \
//!   -H 'x-dd-proxy-domain-name: api.example.com' \
//!   -H 'x-dd-proxy-httpmethod: GET' \
//!   -H 'x-dd-proxy-path: /prod/orders/42' \
//!   -H 'x-dd-proxy-resource-path: /orders/{id}' \
//!   -H 'x-dd-proxy-stage: prod'
//! ```
#![allow(clippy::disallowed_methods)]

mod lines;

use std::env;
use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::extract::{MatchedPath, Path, Request};
use axum::response::Response;
use axum::routing::get;
use axum::Router;
use tokio::net::TcpListener;
use tower_http::trace::TraceLayer;
use tracing::field::Empty;
use tracing::{info_span, Span};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = lines::telemetry();
    let app = Router::new()
        .route("/", get(|| async { "hello\n" }))
        .route("/orders/{id}", get(order))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(server_span)
                .on_response(record_status),
        )
        // Outermost, which in axum is last.
        .layer(ApiGatewayInferredSpan::new().enabled(true));

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(ctrl_c())
        .await?;
    provider.shutdown()?;
    Ok(())
}

async fn order(Path(id): Path<u64>) -> String {
    format!("order {id}: tea, 2 pounds\n")
}

fn server_span(request: &Request) -> Span {
    let method = request.method().as_str();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map(MatchedPath::as_str).unwrap_or_default();
    info_span!(
        "request",
        otel.kind = "server",
        otel.name = format!("{method} {route}").trim_end(),
        http.response.status_code = Empty,
    )
}

fn record_status(response: &Response, _latency: Duration, span: &Span) {
    let status = i64::from(response.status().as_u16());
    span.record("http.response.status_code", status);
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
