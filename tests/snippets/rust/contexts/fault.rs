// tests/snippets/faults/rust.md: let layer
use apigateway_inferred_span::ApiGatewayInferredSpan;

fn install() -> ApiGatewayInferredSpan {
BLOCK
layer
}
