// docs/lambda.md: let app = Router::new()
use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::{routing::get, Router};
use tower_http::trace::TraceLayer;

async fn order() {}

async fn run() -> Result<(), lambda_http::Error> {
BLOCK
}
