// README.md: ApiGatewayInferredSpan::new()
use apigateway_inferred_span::ApiGatewayInferredSpan;
use std::time::Duration;

fn layer(secret: String) -> ApiGatewayInferredSpan {
BLOCK
}
