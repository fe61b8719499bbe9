// docs/lambda.md: let guard = otlp::init()?;
use apigateway_inferred_span::{otlp, server_span, ApiGatewayInferredSpan};
use axum::{routing::get, Router};
use lambda_runtime::layers::OpenTelemetryLayer;
use tower_http::trace::TraceLayer;

async fn order() {}

async fn run() -> Result<(), lambda_http::Error> {
BLOCK
}
