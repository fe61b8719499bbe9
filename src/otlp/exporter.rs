//! The span exporter: OTLP over HTTP or gRPC, with a separate `Resource` for each service, on a separate runtime.

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

/// Before a batch is sent again.
const PAUSE: Duration = Duration::from_secs(1);

/// An OTLP span exporter configured from the [environment](super#environment), with a separate `Resource` for each
/// service.
///
/// For an application with its own tracer provider; otherwise call [`init`](super::init).
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
/// The services' exports share connections: at most four over HTTP, one over gRPC. While the receiver is unreachable,
/// an export is retried for a minute; spans that are lost then are counted and logged. The exporter can be used and
/// dropped on any thread, inside or outside of a tokio runtime.
pub struct Exporter {
    exporter: PerServiceExporter<LazyExporter>,
    losses: Losses,
    runtime: Arc<ExporterRuntime>,
}

impl Exporter {
    /// Creates an exporter from the variables that begin with `OTEL_EXPORTER_OTLP_`, and
    /// `APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH`.
    ///
    /// # Errors
    ///
    /// If the endpoint isn't a URL, if certificates can't be read or there are none to check an `https` endpoint with,
    /// or if the exporter's thread can't be started. Other invalid values are logged as warnings and replaced by their
    /// defaults.
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

    /// Whether a gateway's span is exported as two spans, so that service graphs show an edge from the gateway to the
    /// application: see [`PerServiceExporter::service_graph`].
    ///
    /// Defaults to the value of `APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH`, otherwise false.
    ///
    /// ```
    /// use apigateway_inferred_span::otlp::Exporter;
    ///
    /// let exporter = Exporter::from_env()?.service_graph(true);
    /// # Ok::<(), apigateway_inferred_span::otlp::Error>(())
    /// ```
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
    /// One for each export that may run concurrently.
    places: Arc<Semaphore>,
}

impl LazyExporter {
    /// Retries exports whose connection broke. `opentelemetry-otlp` retries as well, but over gRPC takes most of these
    /// errors for final ones. Costs a copy of the batch.
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
