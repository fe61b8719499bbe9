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

use std::env;
use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::extract::{MatchedPath, Path, Request};
use axum::response::Response;
use axum::routing::get;
use axum::Router;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{global, Key};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use opentelemetry_sdk::Resource;
use tokio::net::TcpListener;
use tower_http::trace::TraceLayer;
use tracing::field::Empty;
use tracing::{info_span, Span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = telemetry();
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

/// The process's provider, propagator and subscriber. The layer finds the first two by itself.
fn telemetry() -> SdkTracerProvider {
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("orders").build())
        .with_simple_exporter(Lines::default())
        .build();
    global::set_tracer_provider(provider.clone());
    global::set_text_map_propagator(TraceContextPropagator::new());

    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
    tracing_subscriber::registry()
        .with(spans.with_filter(LevelFilter::INFO))
        .init();
    provider
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Prints spans, where a real service would send them to a collector.
#[derive(Debug, Default)]
struct Lines {
    service: String,
}

impl SpanExporter for Lines {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        for span in spans {
            println!("{}", self.line(&span));
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        let service = resource.get(&Key::from_static_str("service.name"));
        self.service = service.map(|name| name.to_string()).unwrap_or_default();
    }
}

impl Lines {
    fn line(&self, span: &SpanData) -> String {
        let attribute = |key| {
            let mut attributes = span.attributes.iter();
            let found = attributes.find(|attribute| attribute.key.as_str() == key);
            found.map(|attribute| attribute.value.to_string())
        };
        let service = attribute("service.name").unwrap_or_else(|| self.service.clone());
        let status = attribute("http.response.status_code").unwrap_or_default();
        let duration = span.end_time.duration_since(span.start_time);
        format!(
            "{service:<15}  {:<17}  {status:>3} {:>7.1} ms  trace {} span {} parent {}",
            span.name,
            duration.unwrap_or_default().as_secs_f64() * 1e3,
            span.span_context.trace_id(),
            span.span_context.span_id(),
            span.parent_span_id,
        )
    }
}
