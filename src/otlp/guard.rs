//! Flushes and shuts the pipeline down.

use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// The SDK's own time limit for a flush.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Flushes the pipeline and shuts it down when dropped.
///
/// Dropping it blocks for at most 5 seconds; a warning is logged if not everything could be sent by then. If the
/// process keeps running without the pipeline, drop the guard on a thread that may block.
///
/// ```
/// use apigateway_inferred_span::otlp;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let _guard = otlp::init()?; // not `let _ =`, which would drop it at once
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "the pipeline ends when it is dropped"]
pub struct Guard {
    /// `None` if no spans are exported, or after the shutdown.
    pub(super) tracer_provider: Option<SdkTracerProvider>,
    /// `None` if no metrics are exported, or after the shutdown.
    pub(super) meter_provider: Option<SdkMeterProvider>,
}

impl Guard {
    /// Flushes the pipeline and shuts it down, and returns whether that succeeded, such as for the process's exit code.
    ///
    /// ```
    /// use apigateway_inferred_span::otlp;
    ///
    /// # std::env::set_var("OTEL_SDK_DISABLED", "true");
    /// let guard = otlp::init()?;
    /// guard.shutdown()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the last spans or metrics couldn't be sent within 5 seconds.
    pub fn shutdown(mut self) -> OTelSdkResult {
        let (spans, metrics) = self.close();
        spans.and(metrics)
    }

    /// Returns a function that flushes the pipeline without ending it. AWS Lambda needs it, because it freezes the
    /// process between invocations: pass it to `ApiGatewayInferredSpan::flush` (feature `lambda`) or to
    /// `lambda_runtime`'s `OpenTelemetryLayer`.
    ///
    /// The function blocks until the receiver has accepted everything, for at most 5 seconds. The exporters log losses.
    ///
    /// ```
    /// use apigateway_inferred_span::otlp;
    ///
    /// let guard = otlp::init()?;
    /// let flush = guard.flusher();
    /// flush();
    /// # Ok::<(), otlp::Error>(())
    /// ```
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

    /// Both concurrently, so that an unreachable receiver costs only one timeout.
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
            // The exporters log the reason, unless there was no response; the destination was logged at the start.
            if result.is_err() {
                tracing::warn!("the last {what} couldn't be sent, or not within {} seconds", TIMEOUT.as_secs());
            }
        }
    }
}

fn end_spans(provider: &SdkTracerProvider) -> OTelSdkResult {
    let start = Instant::now();
    // A shutdown sends them, too, but doesn't return whether that succeeded.
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
