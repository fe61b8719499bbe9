//! The subscriber of `tracing`: the log, and spans.

use std::io::{self, IsTerminal as _};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Metadata};
use tracing_log::{AsLog as _, LogTracer};
use tracing_subscriber::filter::{filter_fn, EnvFilter, FilterExt as _, LevelFilter};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::{fmt, registry};

use super::error::Error;

/// Those of tower-http and axum-tracing-opentelemetry. Each makes server spans at a level below info.
const SERVER_SPANS: [&str; 2] = ["tower_http::trace", "otel::tracing"];

pub(crate) fn install(provider: Option<&SdkTracerProvider>) -> Result<(), Error> {
    let spans = provider.map(|provider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer("tracing")).with_filter(filter_fn(is_exported))
    });
    let log = fmt::layer().with_ansi(io::stdout().is_terminal()).with_filter(
        EnvFilter::builder()
            .with_default_directive(LevelFilter::INFO.into())
            .from_env_lossy()
            .and(filter_fn(|metadata| !is_flood(metadata))),
    );
    tracing::subscriber::set_global_default(registry().with(spans).with(log)).map_err(|_| Error::SubscriberIsSet)?;
    // What is logged by the `log` crate, such as by actix-web's `Logger`. An error means that the application has a
    // logger of its own, which stays.
    let _ = LogTracer::builder().with_max_level(LevelFilter::current().as_log()).init();
    Ok(())
}

/// The SDK's propagator writes a warning for each part of `baggage` that it can't read, as many as a client likes.
fn is_flood(metadata: &Metadata<'_>) -> bool {
    metadata.name().starts_with("BaggagePropagator.")
}

/// What hyper, h2 and tonic say of the exporter's own connections is at lower levels: exports don't make spans.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let is_server_span = || {
        let mut targets = SERVER_SPANS.into_iter();
        metadata.is_span() && targets.any(|target| metadata.target().starts_with(target))
    };
    *metadata.level() <= Level::INFO || is_server_span()
}
