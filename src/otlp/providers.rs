//! The tracer provider and the meter provider.

use std::sync::Arc;

use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::Resource;

use super::error::Error;
use super::exporter::Exporter;
use super::metrics::MetricExporter;
use super::propagation::{Decided, Propagator};
use super::runtime::ExporterRuntime;
use super::settings::Settings;

/// A provider is `None` if its signal has no exporter.
pub(super) fn make(
    settings: &Settings,
    resource: &Resource,
) -> Result<(Option<SdkTracerProvider>, Option<SdkMeterProvider>), Error> {
    let resource = resource_of(settings, resource);
    let is_sent = settings.spans.destination.is_some() || settings.metrics.destination.is_some();
    let runtime = is_sent.then(ExporterRuntime::new).transpose()?.map(Arc::new);
    let runtime = runtime.as_ref();
    Ok((tracer_provider(settings, &resource, runtime)?, meter_provider(settings, resource, runtime)?))
}

/// The environment's attributes take precedence over the SDK's detectors, and the program's over both.
fn resource_of(settings: &Settings, resource: &Resource) -> Resource {
    let own = resource.iter().map(|(key, value)| opentelemetry::KeyValue::new(key.clone(), value.clone()));
    Resource::builder().with_attributes(settings.resource.iter().cloned()).with_attributes(own).build()
}

fn tracer_provider(
    settings: &Settings,
    resource: &Resource,
    runtime: Option<&Arc<ExporterRuntime>>,
) -> Result<Option<SdkTracerProvider>, Error> {
    if settings.spans.is_none() {
        return Ok(None);
    }
    let (mut provider, sampler) =
        (SdkTracerProvider::builder().with_resource(resource.clone()), settings.sampler.clone());
    provider = match settings.propagators.iter().copied().any(Propagator::has_decisions) {
        true => provider.with_sampler(Decided(sampler)),
        false => provider.with_sampler(sampler),
    };
    if let Some((destination, runtime)) = settings.spans.destination.as_ref().zip(runtime) {
        let exporter = Exporter::new(destination, Arc::clone(runtime))?;
        provider = provider.with_batch_exporter(exporter.service_graph(settings.service_graph));
    }
    if settings.spans.console {
        provider = provider.with_simple_exporter(opentelemetry_stdout::SpanExporter::default());
    }
    Ok(Some(provider.build()))
}

fn meter_provider(
    settings: &Settings,
    resource: Resource,
    runtime: Option<&Arc<ExporterRuntime>>,
) -> Result<Option<SdkMeterProvider>, Error> {
    if settings.metrics.is_none() {
        return Ok(None);
    }
    let mut provider = SdkMeterProvider::builder().with_resource(resource);
    if let Some((destination, runtime)) = settings.metrics.destination.as_ref().zip(runtime) {
        let exporter = MetricExporter::new(destination, Arc::clone(runtime))?;
        provider = provider.with_reader(PeriodicReader::builder(exporter).build());
    }
    if settings.metrics.console {
        let exporter = opentelemetry_stdout::MetricExporter::default();
        provider = provider.with_reader(PeriodicReader::builder(exporter).build());
    }
    Ok(Some(provider.build()))
}
