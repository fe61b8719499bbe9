//! A small server whose traces begin at the gateway.
//!
//! ```text
//! cargo run --example axum --features otlp            # PORT=3000 unless set
//! ```
//!
//! It prints each span as a line, or sends them where `OTEL_EXPORTER_OTLP_ENDPOINT` says:
//!
//! ```text
//! OTEL_SERVICE_NAME=orders OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 \
//!   cargo run --example axum --features otlp
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

mod stdout_exporter;

use std::env;

use apigateway_inferred_span::{otlp, server_span_with, ApiGatewayInferredSpan};
use axum::extract::{MatchedPath, Path, Request};
use axum::routing::get;
use axum::Router;
use tokio::net::TcpListener;
use tower_http::trace::TraceLayer;
use tracing::field::Empty;
use tracing::{info_span, Span};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _guard = match env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Some(_) => Some(otlp::init()?),
        None => {
            stdout_exporter::install();
            None
        }
    };
    let app = Router::new()
        .route("/", get(|| async { "hello\n" }))
        .route("/orders/{id}", get(order))
        .layer(TraceLayer::new_for_http().make_span_with(named_after_route))
        // Outermost, which in axum is last.
        .layer(ApiGatewayInferredSpan::new().enabled(true));

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(otlp::shutdown_signal()).await?;
    Ok(())
}

/// The server span, named after its route. `server_span` alone names it after the method.
fn named_after_route(request: &Request) -> Span {
    let method = request.method();
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let name = format!("{method} {route}");
    server_span_with(request, || {
        info_span!(
            "request",
            otel.kind = "server",
            otel.name = name.trim_end(),
            otel.status_code = Empty,
            http.request.method = %method,
            http.response.status_code = Empty,
            http.route = route,
        )
    })
}

async fn order(Path(id): Path<u64>) -> String {
    format!("order {id}: tea, 2 pounds\n")
}
