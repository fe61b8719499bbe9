//! OpenTelemetry and the access log as the application sets them up, all kept in memory.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use apigateway_inferred_span::access_log;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use opentelemetry_sdk::Resource;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::common::SERVICE;
use crate::Error;

pub(crate) struct Telemetry {
    pub(crate) tracer_provider: SdkTracerProvider,
    pub(crate) meter_provider: SdkMeterProvider,
    spans: InMemorySpanExporter,
    metrics: InMemoryMetricExporter,
    log: Log,
}

impl Telemetry {
    /// Makes the providers, which the layer is given, and installs the subscriber for `tracing`.
    pub(crate) fn install() -> Result<Self, Error> {
        let (spans, metrics, log) =
            (InMemorySpanExporter::default(), InMemoryMetricExporter::default(), Log::default());
        let resource = Resource::builder().with_service_name(SERVICE).build();
        let tracer_provider =
            SdkTracerProvider::builder().with_resource(resource.clone()).with_simple_exporter(spans.clone()).build();
        let meter_provider =
            SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(metrics.clone()).build();

        let traces = tracing_opentelemetry::layer()
            .with_tracer(tracer_provider.tracer(SERVICE))
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(LevelFilter::INFO);
        let writer = log.clone();
        registry().with(traces).with(access_log::json_with_writer(move || writer.clone())).try_init()?;
        Ok(Self { tracer_provider, meter_provider, spans, metrics, log })
    }

    pub(crate) fn spans(&self) -> Result<Vec<SpanData>, Error> {
        Ok(self.spans.get_finished_spans()?)
    }

    /// What the SDK's reader collects now.
    pub(crate) fn metrics(&self) -> Result<Vec<ResourceMetrics>, Error> {
        self.metrics.reset();
        self.meter_provider.force_flush()?;
        Ok(self.metrics.get_finished_metrics()?)
    }

    /// The application's access log.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.lock()).into_owned()
    }

    pub(crate) fn shut_down(self) -> Result<(), Error> {
        self.tracer_provider.shutdown()?;
        self.meter_provider.shutdown()?;
        Ok(())
    }
}

/// Stands for standard output, from which a collector of logs would take the lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
