// docs/metrics-and-logs.md: let _guard = otlp::builder()
use apigateway_inferred_span::{access_log, otlp};

fn install() -> Result<(), Box<dyn std::error::Error>> {
BLOCK
Ok(())
}
