// README.md: let _guard = otlp::init()?;
use apigateway_inferred_span::otlp;

async fn serve(listener: tokio::net::TcpListener, app: axum::Router) -> Result<(), Box<dyn std::error::Error>> {
BLOCK
Ok(())
}
