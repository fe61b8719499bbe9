//! The exporter: OTLP over HTTP or gRPC, each service under a Resource of its own, on a runtime of its own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use opentelemetry_sdk::Resource;
use tokio::sync::Semaphore;

use super::destination::Destination;
use super::error::Error;
use super::failure::{is_broken_grpc, reason};
use super::losses::Losses;
use super::runtime::ExporterRuntime;
use super::settings::service_graph;
use super::signal::Signal;
use super::transport::Transport;
use crate::env::{process_env, Variables};
use crate::export::PerServiceExporter;

/// Until a batch is sent again.
const PAUSE: Duration = Duration::from_secs(1);

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
/// The services' exports share connections, a few over HTTP and one over gRPC. While the receiver is away, an export is
/// tried again for a minute; what is lost then is counted and logged. It can be used and dropped on any thread, in a
/// runtime of tokio's or outside of one.
pub struct Exporter {
    exporter: PerServiceExporter<LazyExporter>,
    losses: Losses,
    runtime: Arc<ExporterRuntime>,
}

impl Exporter {
    /// Reads the environment: the variables that begin with `OTEL_EXPORTER_OTLP_`, and
    /// `APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH`.
    ///
    /// # Errors
    ///
    /// If the endpoint is no URL, if certificates can't be read or there are none to check an `https` endpoint with, or
    /// if no thread can be started.
    pub fn from_env() -> Result<Self, Error> {
        let mut variables = Variables::new(process_env);
        let destination = Destination::from_variables(Signal::Traces, &mut variables)?;
        let service_graph = service_graph(&mut variables);
        for invalid in variables.into_invalid() {
            invalid.warn();
        }
        Destination::say([&destination]);
        Ok(Self::new(&destination, Arc::new(ExporterRuntime::new()?))?.service_graph(service_graph))
    }

    /// Whether a gateway's span goes out as two, so that service graphs have an edge from the gateway to the
    /// application: see [`PerServiceExporter::service_graph`]. Wins over the environment.
    #[must_use]
    pub fn service_graph(self, service_graph: bool) -> Self {
        Self { exporter: self.exporter.service_graph(service_graph), ..self }
    }

    pub(crate) fn new(destination: &Destination, runtime: Arc<ExporterRuntime>) -> Result<Self, Error> {
        let transport = runtime.enter(|| Transport::new(destination))?;
        let places = Arc::new(Semaphore::new(transport.most_exports()));
        let is_grpc = transport.is_grpc();
        let mut first = Some(transport.span_exporter()?);
        let make = move || {
            let exporter = first.take().map_or_else(|| transport.span_exporter(), Ok);
            LazyExporter { exporter, is_grpc, places: Arc::clone(&places) }
        };
        let (exporter, losses) = (PerServiceExporter::new(make), Losses::of("spans", destination.to_string()));
        Ok(Self { exporter, losses, runtime })
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let result = self.runtime.run(self.losses.watch(self.exporter.export(batch))).await;
        match &result {
            Ok(()) => self.losses.end(),
            Err(error) => self.losses.add(spans, error),
        }
        result.map_err(|error| {
            OTelSdkError::InternalFailure(format!("{}: {}", self.losses.destination(), reason(&error)))
        })
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

/// Without headers, which may be keys.
impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("destination", &self.losses.destination()).finish_non_exhaustive()
    }
}

/// Building a later exporter can't fail if the first succeeded, but the builder returns a `Result`: its error is kept
/// here, and returned by each export.
#[derive(Debug)]
struct LazyExporter {
    exporter: Result<OtlpExporter, Error>,
    is_grpc: bool,
    /// One for each export that may run at a time.
    places: Arc<Semaphore>,
}

impl LazyExporter {
    /// Sends again what was under way when a connection broke. `opentelemetry-otlp` does so itself, but over gRPC takes
    /// most of these errors for the receiver's last word. The copy is the price.
    async fn export_by_grpc(exporter: &OtlpExporter, batch: Vec<SpanData>) -> OTelSdkResult {
        loop {
            match exporter.export(batch.clone()).await {
                Err(error) if is_broken_grpc(&error) => tokio::time::sleep(PAUSE).await,
                result => return result,
            }
        }
    }
}

impl SpanExporter for LazyExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let _place = self.places.acquire().await;
        match &self.exporter {
            Ok(exporter) if self.is_grpc => Self::export_by_grpc(exporter, batch).await,
            Ok(exporter) => exporter.export(batch).await,
            Err(error) => Err(OTelSdkError::InternalFailure(format!("{error:?}"))),
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Ok(exporter) = &mut self.exporter {
            exporter.set_resource(resource);
        }
    }
}
