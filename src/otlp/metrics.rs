//! The exporter of metrics: the application's, and the layer's.

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
use super::losses::{reason, Losses};
use super::refusal::Refusal;
use super::runtime::ExporterRuntime;
use super::transport::{Transport, LONGEST_EXPORT};

pub(crate) struct MetricExporter {
    exporter: OtlpExporter,
    /// For messages.
    destination: String,
    losses: Losses,
    refusal: Refusal,
    runtime: Arc<ExporterRuntime>,
}

impl MetricExporter {
    pub(crate) fn new(destination: &Destination, runtime: Arc<ExporterRuntime>) -> Result<Self, Error> {
        let transport = runtime.enter(|| Transport::new(destination))?;
        Ok(Self {
            exporter: transport.metric_exporter()?,
            destination: destination.to_string(),
            losses: Losses::of("metrics", destination.to_string()),
            refusal: Refusal::default(),
            runtime,
        })
    }

    /// A receiver that takes none is no failure: there is nothing to try again.
    fn refused(&self, error: &OTelSdkError) -> OTelSdkResult {
        if self.refusal.begin(Instant::now()) {
            tracing::warn!(
                "{} takes no metrics: {}; it is asked again from time to time; set OTEL_METRICS_EXPORTER=none, or \
                 OTEL_EXPORTER_OTLP_METRICS_ENDPOINT to a receiver that does",
                self.destination,
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
        let export = async { tokio::time::timeout(LONGEST_EXPORT, self.exporter.export(metrics)).await };
        let result =
            self.runtime.run(self.losses.watch(export)).await.unwrap_or(Err(OTelSdkError::Timeout(LONGEST_EXPORT)));
        match result {
            Ok(()) => {
                self.losses.end();
                self.refusal.end();
                Ok(())
            }
            Err(error) if Refusal::is_meant(&error) => self.refused(&error),
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
        f.debug_struct("MetricExporter").field("destination", &self.destination).finish_non_exhaustive()
    }
}
