//! The exporter: OTLP over HTTP or gRPC, each service under a Resource of its own, on a runtime of its own.

use std::time::Duration;

use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use opentelemetry_sdk::Resource;

use super::destination::Destination;
use super::error::Error;
use super::runtime::ExporterRuntime;
use super::transport::Transport;
use crate::env::{process_env, Variables};
use crate::export::PerServiceExporter;

/// Exports by OTLP to where the [environment](super#environment) says, each service under a `Resource` of its own.
///
/// Use this with your own tracer provider; otherwise call [`init`](super::init).
///
/// ```
/// use apigateway_inferred_span::otlp::Exporter;
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// let provider = SdkTracerProvider::builder()
///     .with_batch_exporter(Exporter::from_env()?)
///     .build();
/// # Ok::<(), apigateway_inferred_span::otlp::Error>(())
/// ```
///
/// The services' exports share connections and go out at the same time, so that a batch takes no longer than one of
/// them: `OTEL_EXPORTER_OTLP_TIMEOUT` is for the whole batch, with all retries. It can be used and dropped on any
/// thread, in a runtime of tokio's or outside of one.
#[derive(Debug)]
pub struct Exporter {
    exporter: PerServiceExporter<LazyExporter>,
    timeout: Duration,
    runtime: ExporterRuntime,
}

impl Exporter {
    /// Reads the environment: the variables that begin with `OTEL_EXPORTER_OTLP_`.
    ///
    /// # Errors
    ///
    /// If the protocol isn't known or the endpoint no URL, if there are no root certificates to check an `https`
    /// endpoint with, or if no thread can be started.
    pub fn from_env() -> Result<Self, Error> {
        let mut variables = Variables::new(process_env);
        let destination = Destination::from_variables(&mut variables)?;
        for invalid in variables.into_invalid() {
            invalid.warn();
        }
        Self::new(&destination)
    }

    pub(crate) fn new(destination: &Destination) -> Result<Self, Error> {
        let runtime = ExporterRuntime::new().map_err(Error::Runtime)?;
        let transport = runtime.enter(|| Transport::new(destination))?;
        let mut first = Some(transport.exporter()?);
        let make = move || LazyExporter(first.take().map_or_else(|| transport.exporter(), Ok));
        Ok(Self { exporter: PerServiceExporter::new(make), timeout: destination.timeout, runtime })
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let export = async { tokio::time::timeout(self.timeout, self.exporter.export(batch)).await };
        let result = self.runtime.run(export).await;
        result.unwrap_or(Err(OTelSdkError::Timeout(self.timeout)))
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Building a later exporter can't fail if the first succeeded, but the builder returns a `Result`: its error is kept
/// here, and returned by each export.
#[derive(Debug)]
struct LazyExporter(Result<OtlpExporter, Error>);

impl SpanExporter for LazyExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        match &self.0 {
            Ok(exporter) => exporter.export(batch).await,
            Err(error) => Err(OTelSdkError::InternalFailure(error.to_string())),
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Ok(exporter) = &mut self.0 {
            exporter.set_resource(resource);
        }
    }
}
