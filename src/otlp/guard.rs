//! Flushes and shuts the pipeline down.

use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// As long as the SDK gives a flush.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends the spans and metrics that are left, and ends the pipeline, when it is dropped.
///
/// That takes 5 seconds at most; what can't be sent by then is logged. It blocks: in a service that goes on without a
/// pipeline, do it on a thread where that is no harm.
#[derive(Debug)]
#[must_use = "the pipeline ends when it is dropped"]
pub struct Guard {
    /// `None` if no spans are made, or once it is shut down.
    pub(super) tracer_provider: Option<SdkTracerProvider>,
    /// `None` if no metrics are taken, or once it is shut down.
    pub(super) meter_provider: Option<SdkMeterProvider>,
}

impl Guard {
    /// Does what dropping it does, and says whether everything arrived, for those who want to exit with another code.
    ///
    /// # Errors
    ///
    /// If the last spans or metrics couldn't be sent, or not within 5 seconds.
    pub fn shutdown(mut self) -> OTelSdkResult {
        let (spans, metrics) = self.close();
        spans.and(metrics)
    }

    /// A function that sends the spans and metrics that are left, and goes on: for
    /// [`ApiGatewayInferredSpan::flush`](crate::ApiGatewayInferredSpan) and `lambda_runtime`'s `OpenTelemetryLayer`, because
    /// AWS Lambda freezes a process between invocations.
    ///
    /// It blocks until all of it has arrived, or for 5 seconds. Losses are logged by whoever sends.
    pub fn flusher(&self) -> impl Fn() + Clone + Send + Sync + 'static {
        let (tracer_provider, meter_provider) = (self.tracer_provider.clone(), self.meter_provider.clone());
        move || {
            thread::scope(|scope| {
                let flush_metrics = || meter_provider.as_ref().map_or(Ok(()), SdkMeterProvider::force_flush);
                let metrics = thread::Builder::new().spawn_scoped(scope, flush_metrics);
                let spans = tracer_provider.as_ref().map_or(Ok(()), SdkTracerProvider::force_flush);
                let metrics = metrics.map(|metrics| metrics.join());
                if spans.is_err() || !matches!(metrics, Ok(Ok(Ok(())))) {
                    tracing::debug!("not everything could be sent");
                }
            });
        }
    }

    /// Both at a time, so that a receiver that is away costs no more than one timeout.
    fn close(&mut self) -> (OTelSdkResult, OTelSdkResult) {
        let (tracer_provider, meter_provider) = (self.tracer_provider.take(), self.meter_provider.take());
        thread::scope(|scope| {
            let end_metrics = || meter_provider.as_ref().map_or(Ok(()), end_metrics);
            let metrics = thread::Builder::new().spawn_scoped(scope, end_metrics);
            let spans = tracer_provider.as_ref().map_or(Ok(()), end_spans);
            let metrics = match metrics {
                Ok(metrics) => metrics.join().unwrap_or_else(|_| Err(panicked())),
                Err(error) => Err(OTelSdkError::InternalFailure(error.to_string())),
            };
            (spans, metrics)
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (spans, metrics) = self.close();
        for (what, result) in [("spans", spans), ("metrics", metrics)] {
            // Why is said by whoever sends, or there was no answer; where to, at the start.
            if result.is_err() {
                tracing::warn!("the last {what} couldn't be sent, or not within {} seconds", TIMEOUT.as_secs());
            }
        }
    }
}

fn end_spans(provider: &SdkTracerProvider) -> OTelSdkResult {
    let start = Instant::now();
    // A shutdown sends them too, but doesn't say whether they arrived.
    let flushed = provider.force_flush();
    let left = TIMEOUT.saturating_sub(start.elapsed());
    flushed.and(provider.shutdown_with_timeout(left))
}

fn end_metrics(provider: &SdkMeterProvider) -> OTelSdkResult {
    provider.shutdown_with_timeout(TIMEOUT)
}

fn panicked() -> OTelSdkError {
    OTelSdkError::InternalFailure("the exporter of metrics panicked".to_owned())
}
