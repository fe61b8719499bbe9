//! The subscriber of `tracing`: the log, and spans.

use std::io::{self, IsTerminal as _};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Dispatch, Level, Metadata, Subscriber};
use tracing_log::{AsLog as _, LogTracer};
use tracing_subscriber::filter::{filter_fn, EnvFilter, FilterExt as _, LevelFilter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{fmt, registry, Layer, Registry};

use super::error::Error;

/// Those of tower-http and axum-tracing-opentelemetry. Each makes server spans at a level below info.
const SERVER_SPANS: [&str; 2] = ["tower_http::trace", "otel::tracing"];

/// Spans that AWS Lambda's runtime makes around everything, in traces of their own: the second never ends. Not those of its
/// `OpenTelemetryLayer`, which is the function's span.
const RUNTIME_SPANS: [&str; 2] = ["lambda_runtime::layers::trace", "lambda_runtime::runtime"];

/// A layer on the registry, whatever it is made of.
pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Makes spans of `tracing`'s; without a provider, none.
pub(super) fn spans(provider: Option<&SdkTracerProvider>) -> BoxedLayer {
    let spans = provider.map(|provider| {
        // Without where in the source a span was made, and on which thread: as many attributes again as it has.
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

/// The log on standard output, beside these layers.
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
    // What is logged by the `log` crate, such as by actix-web's `Logger`. An error means that the application has a
    // logger of its own, which stays.
    let _ = LogTracer::builder().with_max_level(LevelFilter::current().as_log()).init();
    Ok(())
}

/// How names of records of the SDK begin that [`is_flood`].
const FLOODS: [&str; 5] = [
    "BaggagePropagator.",
    "Export.Failed.",
    "BatchSpanProcessor.ExportError",
    "BatchSpanProcessor.Shutdown.",
    "PeriodicReader.ExportError",
];

/// Records of the SDK that come as often as a client or a receiver likes: `baggage` that can't be read has one for each
/// of its parts; an export that fails has several, of which [`Losses`](super::losses::Losses) makes one a minute, and [`Guard`](super::Guard) one at the end.
fn is_flood(metadata: &Metadata<'_>) -> bool {
    FLOODS.into_iter().any(|name| metadata.name().starts_with(name))
}

/// What hyper, h2 and tonic say of the exporter's own connections is at lower levels: exports don't make spans.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let is_server_span = || {
        let mut targets = SERVER_SPANS.into_iter();
        metadata.is_span() && targets.any(|target| metadata.target().starts_with(target))
    };
    let is_runtime_span = || metadata.is_span() && RUNTIME_SPANS.contains(&metadata.target());
    (*metadata.level() <= Level::INFO && !is_runtime_span()) || is_server_span()
}
