//! Builds and installs the pipeline.

use std::fmt;

use opentelemetry::global;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::Resource;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::{Layer, Registry};

use super::error::Error;
use super::guard::Guard;
use super::propagation::{composite, Propagator};
use super::providers;
use super::settings::Settings;
use super::subscriber::{self, BoxedLayer};
use crate::env::process_env;
use crate::hints;

/// Installs the global tracer provider, meter provider, propagator and `tracing` subscriber, configured from the
/// [environment](super#environment).
///
/// Keep the [`Guard`] until the end of `main`. To replace a part of the pipeline, use [`builder`].
///
/// # Errors
///
/// If no export could ever succeed (an endpoint that isn't a URL, certificates that can't be read), or if a global
/// `tracing` subscriber is set already. Nothing is installed then. Other invalid values are logged as warnings and
/// ignored. An unreachable receiver is no error: it may become reachable.
pub fn init() -> Result<Guard, Error> {
    builder().init()
}

/// Starts to build a pipeline like that of [`init`], of which some parts are replaced or added.
///
/// ```
/// use apigateway_inferred_span::otlp;
/// use opentelemetry_sdk::Resource;
///
/// let resource = Resource::builder_empty().with_service_name("orders").build();
/// let guard = otlp::builder().resource(resource).init()?;
/// # drop(guard);
/// # Ok::<(), otlp::Error>(())
/// ```
pub fn builder() -> Builder {
    Builder { resource: Resource::builder_empty().build(), service_graph: None, layers: Vec::new(), subscriber: None }
}

/// Makes the subscriber, given the layer that makes spans.
type MakeSubscriber = Box<dyn FnOnce(BoxedLayer) -> Dispatch>;

/// Builds and installs a pipeline. Created by [`builder`].
#[must_use = "nothing is installed without `init`"]
pub struct Builder {
    resource: Resource,
    /// `None` for the value of the environment.
    service_graph: Option<bool>,
    layers: Vec<BoxedLayer>,
    subscriber: Option<MakeSubscriber>,
}

impl Builder {
    /// Adds attributes to the application's `Resource`. They take precedence over the environment and the SDK's
    /// detectors.
    ///
    /// Defaults to none. Called again, it replaces those of before.
    ///
    /// ```
    /// use apigateway_inferred_span::opentelemetry::KeyValue;
    /// use apigateway_inferred_span::otlp;
    /// use opentelemetry_sdk::Resource;
    ///
    /// let team = Resource::builder_empty().with_attribute(KeyValue::new("team", "payments")).build();
    /// let guard = otlp::builder().resource(team).init()?;
    /// # drop(guard);
    /// # Ok::<(), otlp::Error>(())
    /// ```
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    /// Whether a gateway's span is exported as two spans, so that service graphs show an edge from the gateway to the
    /// application: see [`PerServiceExporter::service_graph`](crate::export::PerServiceExporter::service_graph).
    ///
    /// Defaults to the value of `APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH`, otherwise false.
    ///
    /// ```
    /// use apigateway_inferred_span::otlp;
    ///
    /// let guard = otlp::builder().service_graph(true).init()?;
    /// # drop(guard);
    /// # Ok::<(), otlp::Error>(())
    /// ```
    pub fn service_graph(mut self, service_graph: bool) -> Self {
        self.service_graph = Some(service_graph);
        self
    }

    /// Adds a layer to the `tracing` subscriber, in addition to those for the log and the spans, which are the default.
    /// It gets events and spans of all levels, unless it has a filter. Can be called several times.
    ///
    /// ```
    /// use apigateway_inferred_span::otlp;
    /// use tracing_subscriber::layer::Identity;
    ///
    /// let guard = otlp::builder().layer(Identity::new()).init()?;
    /// # drop(guard);
    /// # Ok::<(), otlp::Error>(())
    /// ```
    pub fn layer(mut self, layer: impl Layer<Registry> + Send + Sync) -> Self {
        self.layers.push(layer.boxed());
        self
    }

    /// Replaces the default `tracing` subscriber, and with it the log: its format, its level, and reading `RUST_LOG`
    /// are then up to the application. `make` receives the layer that exports `tracing` spans, and adds it to the
    /// registry first:
    ///
    /// ```
    /// use apigateway_inferred_span::otlp;
    /// use tracing_subscriber::filter::LevelFilter;
    /// use tracing_subscriber::prelude::*;
    /// use tracing_subscriber::{fmt, registry};
    ///
    /// let guard = otlp::builder()
    ///     .subscriber(|spans| registry().with(spans).with(fmt::layer().compact().with_filter(LevelFilter::INFO)))
    ///     .init()?;
    /// # drop(guard);
    /// # Ok::<(), otlp::Error>(())
    /// ```
    pub fn subscriber<S>(mut self, make: impl FnOnce(BoxedLayer) -> S + 'static) -> Self
    where
        S: Subscriber + Send + Sync + 'static,
    {
        self.subscriber = Some(Box::new(|spans| Dispatch::new(make(spans))));
        self
    }

    /// Installs the pipeline.
    ///
    /// # Errors
    ///
    /// Those of [`otlp::init`](init()).
    pub fn init(self) -> Result<Guard, Error> {
        let mut settings = Settings::from_lookup(process_env)?;
        settings.service_graph = self.service_graph.unwrap_or(settings.service_graph);
        let (tracer_provider, meter_provider) = providers::make(&settings, &self.resource)?;
        let mut layers = self.layers;
        layers.push(subscriber::spans(tracer_provider.as_ref()));
        let make = self.subscriber.unwrap_or_else(|| Box::new(|layers| Dispatch::new(subscriber::ready(layers))));
        subscriber::install(make(layers.boxed()))?;
        install(&settings.propagators, tracer_provider.as_ref(), meter_provider.as_ref());
        settings.say();
        Ok(Guard { tracer_provider, meter_provider })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("resource", &self.resource)
            .field("service_graph", &self.service_graph)
            .finish_non_exhaustive()
    }
}

/// Sets the global propagator and providers.
fn install(propagators: &[Propagator], tracers: Option<&SdkTracerProvider>, meters: Option<&SdkMeterProvider>) {
    global::set_text_map_propagator(composite(propagators));
    match tracers {
        Some(provider) => global::set_tracer_provider(provider.clone()),
        None => hints::no_provider_is_wanted(),
    }
    if let Some(provider) = meters {
        global::set_meter_provider(provider.clone());
    }
}
