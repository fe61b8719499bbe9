//! The `tracing` subscriber: the log and the export of spans.

use std::io::{self, IsTerminal as _};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Dispatch, Level, Metadata, Subscriber};
use tracing_log::{AsLog as _, LogTracer};
use tracing_subscriber::filter::{filter_fn, EnvFilter, FilterExt as _, LevelFilter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{fmt, registry, Layer, Registry};

use super::error::Error;

/// Targets of tower-http and axum-tracing-opentelemetry, whose server spans have levels below info.
const SERVER_SPANS: [&str; 2] = ["tower_http::trace", "otel::tracing"];

/// Targets of spans that AWS Lambda's runtime makes around all others, in separate traces; the second never ends. The
/// function's span, of its `OpenTelemetryLayer`, has another target.
const RUNTIME_SPANS: [&str; 2] = ["lambda_runtime::layers::trace", "lambda_runtime::runtime"];

/// A layer on the registry.
pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The layer that exports `tracing` spans; without a provider, none are.
pub(super) fn spans(provider: Option<&SdkTracerProvider>) -> BoxedLayer {
    let spans = provider.map(|provider| {
        // Without location and thread, which would double the number of a span's attributes.
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("tracing"))
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_exported))
    });
    spans.boxed()
}

/// The default subscriber: these layers, and the log on standard output.
pub(super) fn ready(layers: BoxedLayer) -> impl Subscriber + Send + Sync {
    let log = fmt::layer().with_ansi(io::stdout().is_terminal()).with_filter(
        EnvFilter::builder()
            .with_default_directive(LevelFilter::INFO.into())
            .from_env_lossy()
            .and(filter_fn(|metadata| !is_flood(metadata))),
    );
    registry().with(layers).with(log)
}

pub(super) fn install(subscriber: Dispatch) -> Result<(), Error> {
    tracing::dispatcher::set_global_default(subscriber).map_err(|_| Error::SubscriberIsSet)?;
    // Forwards records of the `log` crate, such as those of actix-web's `Logger`. An error means that the application
    // has installed another logger, which stays.
    let _ = LogTracer::builder().with_max_level(LevelFilter::current().as_log()).init();
    Ok(())
}

/// Prefixes of the names of the SDK's events that [`is_flood`].
const FLOODS: [&str; 5] = [
    "BaggagePropagator.",
    "Export.Failed.",
    "BatchSpanProcessor.ExportError",
    "BatchSpanProcessor.Shutdown.",
    "PeriodicReader.ExportError",
];

/// Whether it is an event of the SDK that a client or a receiver can cause at any rate: invalid `baggage` causes one
/// for each of its parts, a failed export several. [`Losses`](super::losses::Losses) logs failed exports once a minute,
/// and [`Guard`](super::Guard) once at the end.
fn is_flood(metadata: &Metadata<'_>) -> bool {
    FLOODS.into_iter().any(|name| metadata.name().starts_with(name))
}

/// Spans and events at info and above, and server spans. hyper, h2 and tonic use lower levels for the exporter's own
/// connections, so that exports don't cause spans.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let is_server_span = || {
        let mut targets = SERVER_SPANS.into_iter();
        metadata.is_span() && targets.any(|target| metadata.target().starts_with(target))
    };
    let is_runtime_span = || metadata.is_span() && RUNTIME_SPANS.contains(&metadata.target());
    (*metadata.level() <= Level::INFO && !is_runtime_span()) || is_server_span()
}
