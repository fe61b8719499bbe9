//! OpenTelemetry as the application sets it up: the process's provider, propagator and subscriber.

use std::env;
use std::io;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use opentelemetry_sdk::Resource;
use tokio::time::{sleep, Instant};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt, registry};

use crate::common::SERVICE;
use crate::receiver;
use crate::trace::Trace;
use crate::Error;

const OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// How long after its answer a request's spans may still be coming.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Telemetry {
    provider: SdkTracerProvider,
    otlp_endpoint: Option<String>,
    memory: InMemorySpanExporter,
}

impl Telemetry {
    pub(crate) fn install() -> Result<Self, Error> {
        let memory = InMemorySpanExporter::default();
        let mut provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name(SERVICE).build())
            .with_simple_exporter(memory.clone());
        let otlp_endpoint = env::var(OTLP_ENDPOINT).ok().filter(|url| !url.is_empty());
        if otlp_endpoint.is_some() {
            provider = receiver::send_from(provider)?;
        }
        let provider = provider.build();

        global::set_tracer_provider(provider.clone());
        global::set_text_map_propagator(TraceContextPropagator::new());
        subscribe(&provider)?;
        Ok(Self { provider, otlp_endpoint, memory })
    }

    /// Waits for the spans of the latest request, but not for ever.
    pub(crate) async fn collect(&self, trace: &mut Trace) -> Result<(), Error> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            trace.spans = self.memory.get_finished_spans()?;
            if trace.problem().is_none() || Instant::now() >= deadline {
                self.memory.reset();
                return Ok(());
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn shut_down(self) {
        if let (Err(error), Some(endpoint)) = (self.provider.force_flush(), self.otlp_endpoint) {
            eprintln!("quickstart: the spans didn't get to {endpoint}: {error}");
        }
        let _ = self.provider.shutdown();
    }
}

fn subscribe(provider: &SdkTracerProvider) -> Result<(), Error> {
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SERVICE))
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(LevelFilter::INFO);
    let logs = match env::var("RUST_LOG") {
        Ok(wanted) => Some(fmt::layer().with_writer(io::stderr).with_filter(wanted.parse::<Targets>()?)),
        Err(_) => None,
    };
    registry().with(spans).with(logs).try_init()?;
    Ok(())
}
