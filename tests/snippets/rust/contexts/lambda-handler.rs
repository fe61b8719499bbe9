// docs/lambda.md: let gateway = ApiGatewayInferredSpan::new()
use apigateway_inferred_span::{otlp, ApiGatewayInferredSpan};
use lambda_runtime::{service_fn, LambdaEvent};
use serde_json::Value;
use tower::Layer as _;

async fn handler(event: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
    Ok(event.payload)
}

async fn run(guard: otlp::Guard) -> Result<(), lambda_runtime::Error> {
BLOCK
}
