//! Sends the spans to a receiver by OTLP, which takes the feature `otlp`.

use opentelemetry_sdk::trace::TracerProviderBuilder;

use crate::Error;

/// Adds an exporter to the receiver that the environment names.
#[cfg(feature = "otlp")]
pub(crate) fn send_from(provider: TracerProviderBuilder) -> Result<TracerProviderBuilder, Error> {
    use apigateway_inferred_span::otlp::Exporter;
    use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor};

    // One batch, sent by the flush at the end, so that the flush knows whether it arrived.
    let at_the_end = BatchConfigBuilder::default().with_scheduled_delay(std::time::Duration::from_secs(60)).build();
    Ok(provider.with_span_processor(BatchSpanProcessor::new(Exporter::from_env()?, at_the_end)))
}

#[cfg(not(feature = "otlp"))]
pub(crate) fn send_from(_: TracerProviderBuilder) -> Result<TracerProviderBuilder, Error> {
    Err("to send spans, build with the feature `otlp`: cargo run --example quickstart --features otlp".into())
}
