//! Installs the pipeline.

use opentelemetry::global;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::Resource;

use super::error::Error;
use super::exporter::Exporter;
use super::guard::Guard;
use super::settings::{Propagator, Settings};
use super::subscriber;
use crate::env::process_env;
use crate::hints;

/// Sets the process's tracer provider, propagator, and subscriber of `tracing`, as the
/// [environment](super#environment) says.
///
/// Keep the [`Guard`] to the end of `main`.
///
/// # Errors
///
/// If spans could never arrive (an endpoint that is no URL, certificates that can't be read), or if there is a global
/// subscriber of `tracing` already; then nothing is changed. Other values that can't be understood are logged as
/// warnings, and ignored. A receiver that can't be reached is no error: it may come.
pub fn init() -> Result<Guard, Error> {
    let settings = Settings::from_lookup(process_env)?;
    let provider = provider(&settings)?;
    subscriber::install(provider.as_ref())?;
    global::set_text_map_propagator(propagator(&settings.propagators));
    match &provider {
        Some(provider) => global::set_tracer_provider(provider.clone()),
        None => hints::no_provider_is_wanted(),
    }
    for invalid in &settings.invalid {
        invalid.warn();
    }
    if let Some(destination) = &settings.destination {
        destination.say();
    }
    Ok(Guard { provider })
}

/// `None` if nobody wants spans.
fn provider(settings: &Settings) -> Result<Option<SdkTracerProvider>, Error> {
    if settings.destination.is_none() && !settings.console {
        return Ok(None);
    }
    let resource = Resource::builder().with_attributes(settings.resource.iter().cloned());
    let mut provider =
        SdkTracerProvider::builder().with_resource(resource.build()).with_sampler(settings.sampler.clone());
    if let Some(destination) = &settings.destination {
        provider = provider.with_batch_exporter(Exporter::new(destination)?);
    }
    if settings.console {
        provider = provider.with_simple_exporter(opentelemetry_stdout::SpanExporter::default());
    }
    Ok(Some(provider.build()))
}

fn propagator(names: &[Propagator]) -> TextMapCompositePropagator {
    let propagators = names.iter().map(|name| match name {
        Propagator::TraceContext => Box::new(TraceContextPropagator::new()) as Box<dyn TextMapPropagator + Send + Sync>,
        Propagator::Baggage => Box::new(BaggagePropagator::new()),
    });
    TextMapCompositePropagator::new(propagators.collect())
}
