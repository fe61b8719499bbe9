// README.md: let app = Router::new()
use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::{extract::Path, routing::get, Router};
use tower_http::trace::TraceLayer;

async fn order(Path(id): Path<u64>) -> String {
    id.to_string()
}

fn application() -> Router {
BLOCK
app
}
