// docs/metrics-and-logs.md: tracing_subscriber::registry()
use apigateway_inferred_span::{access_log, ApiGatewayInferredSpan};
use tracing_subscriber::{fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

fn install() -> ApiGatewayInferredSpan {
BLOCK
layer
}
