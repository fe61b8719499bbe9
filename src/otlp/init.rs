//! Installs the pipeline.

use opentelemetry::global;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::Resource;

use super::destination::Destination;
use super::error::Error;
use super::exporter::Exporter;
use super::guard::Guard;
use super::settings::{Propagator, Settings};
use super::subscriber;
use crate::env::process_env;

/// Sets the process's tracer provider, propagator, and subscriber of `tracing`, as the
/// [environment](super#environment) says.
///
/// Keep the [`Guard`] to the end of `main`.
///
/// # Errors
///
/// If spans could never arrive, or if there is a global subscriber of `tracing` already; then nothing is changed.
/// A receiver that can't be reached is no error: it may come.
pub fn init() -> Result<Guard, Error> {
    let settings = Settings::from_lookup(process_env)?;
    let provider = match &settings.destination {
        Some(destination) => Some(provider(destination, &settings)?),
        None => None,
    };
    subscriber::install(provider.as_ref())?;
    global::set_text_map_propagator(propagator(&settings.propagators));
    if let Some(provider) = &provider {
        global::set_tracer_provider(provider.clone());
    }
    for invalid in &settings.invalid {
        invalid.warn();
    }
    if let Some(destination) = &settings.destination {
        tracing::info!("spans go to {destination}");
    }
    Ok(Guard { provider })
}

fn provider(destination: &Destination, settings: &Settings) -> Result<SdkTracerProvider, Error> {
    let exporter = Exporter::new(destination)?;
    let resource = Resource::builder().with_attributes(settings.resource.iter().cloned());
    Ok(SdkTracerProvider::builder()
        .with_resource(resource.build())
        .with_sampler(settings.sampler.clone())
        .with_batch_exporter(exporter)
        .build())
}

fn propagator(names: &[Propagator]) -> TextMapCompositePropagator {
    let propagators = names.iter().map(|name| match name {
        Propagator::TraceContext => Box::new(TraceContextPropagator::new()) as Box<dyn TextMapPropagator + Send + Sync>,
        Propagator::Baggage => Box::new(BaggagePropagator::new()),
    });
    TextMapCompositePropagator::new(propagators.collect())
}
