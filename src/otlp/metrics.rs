//! The metric exporter, for the layer's metrics and the application's.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_otlp::MetricExporter as OtlpExporter;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::Temporality;

use super::destination::Destination;
use super::error::Error;
use super::failure::{is_refusal, reason};
use super::losses::Losses;
use super::refusal::Refusal;
use super::runtime::ExporterRuntime;
use super::transport::Transport;

pub(crate) struct MetricExporter {
    exporter: OtlpExporter,
    losses: Losses,
    refusal: Refusal,
    runtime: Arc<ExporterRuntime>,
}

impl MetricExporter {
    pub(crate) fn new(destination: &Destination, runtime: Arc<ExporterRuntime>) -> Result<Self, Error> {
        let transport = runtime.enter(|| Transport::new(destination))?;
        Ok(Self {
            exporter: transport.metric_exporter()?,
            losses: Losses::of("metrics", destination.to_string()),
            refusal: Refusal::default(),
            runtime,
        })
    }

    /// A receiver that doesn't support metrics is no failure: a retry wouldn't help.
    fn refused(&self, error: &OTelSdkError) -> OTelSdkResult {
        if self.refusal.begin(Instant::now()) {
            tracing::warn!(
                "{} takes no metrics: {}; it is asked again from time to time; set OTEL_METRICS_EXPORTER=none, or \
                 OTEL_EXPORTER_OTLP_METRICS_ENDPOINT to a receiver that does",
                self.losses.destination(),
                reason(error)
            );
        }
        Ok(())
    }
}

impl PushMetricExporter for MetricExporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        if !self.refusal.is_over(Instant::now()) {
            return Ok(());
        }
        let result = self.runtime.run(self.losses.watch(self.exporter.export(metrics))).await;
        match result {
            Ok(()) => {
                self.losses.end();
                self.refusal.end();
                Ok(())
            }
            Err(error) if is_refusal(&error) => self.refused(&error),
            Err(error) => {
                self.losses.add(1, &error);
                Err(error)
            }
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

/// Without headers, which may be keys.
impl fmt::Debug for MetricExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricExporter").field("destination", &self.losses.destination()).finish_non_exhaustive()
    }
}
