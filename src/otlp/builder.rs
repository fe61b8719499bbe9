//! Installs the pipeline, and what may be different from the ready one.

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

/// Sets the process's tracer provider, meter provider, propagator, and subscriber of `tracing`, as the
/// [environment](super#environment) says.
///
/// Keep the [`Guard`] to the end of `main`. If one thing has to be different, see [`builder`].
///
/// # Errors
///
/// If nothing could ever arrive (an endpoint that is no URL, certificates that can't be read), or if there is a global
/// subscriber of `tracing` already; then nothing is changed. Other values that can't be understood are logged as
/// warnings, and ignored. A receiver that can't be reached is no error: it may come.
pub fn init() -> Result<Guard, Error> {
    builder().init()
}

/// The same pipeline as [`init`], but for what is set here.
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

/// Makes a subscriber of the layer that makes spans.
type MakeSubscriber = Box<dyn FnOnce(BoxedLayer) -> Dispatch>;

/// A pipeline that isn't installed yet. See [`builder`].
#[must_use = "nothing is installed without `init`"]
pub struct Builder {
    resource: Resource,
    /// `None`: as the environment says.
    service_graph: Option<bool>,
    layers: Vec<BoxedLayer>,
    subscriber: Option<MakeSubscriber>,
}

impl Builder {
    /// Says more of the application. What is set here wins over the environment and the SDK's detectors.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    /// Whether a gateway's span goes out as two, so that service graphs have an edge from the gateway to the
    /// application: see [`PerServiceExporter::service_graph`](crate::export::PerServiceExporter::service_graph). Wins over
    /// `APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH`.
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

    /// Adds a layer to the subscriber of `tracing`, beside the log and the spans. It sees all levels, unless it has a
    /// filter. It may be called several times.
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

    /// Installs a subscriber of your own in place of the ready one. Then the log, its level and `RUST_LOG` are yours.
    /// `make` is given the layer that makes spans of `tracing`'s, and adds it first, to the registry:
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
    /// As [`init`](init()).
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

/// Sets what is global, but for the subscriber.
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
