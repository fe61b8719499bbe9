//! The layer's settings.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Tracer as OtelTracer, TracerProvider};

use crate::clock::Clock;
use crate::environment::Environment;
use crate::error_statuses::ErrorStatuses;
use crate::hints;
use crate::observe::span::attributes::Naming;
use crate::observe::span::service_names::Services;
use crate::observe::span::tracer::Tracer;
use crate::observe::stats::{Counters, Stats};
use crate::parent::Propagator;
use crate::request::{ProxyRequest, XRay};
use crate::trust::{HeaderLookup, Trust};

/// Puts a span for the API gateway above the application's server span.
///
/// A tower [`Layer`](tower_layer::Layer): see the [crate's documentation](crate) for an example, and for where in
/// the stack it goes (outermost).
///
/// It is off unless [`DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED`](Self::enabled) is `true` or `1`, or
/// [`enabled(true)`](Self::enabled) is called. What is set in code wins over the environment, which is read once, by
/// [`new`](Self::new).
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is added to a service as a layer"]
pub struct ApiGatewayInferredSpan {
    switch: Switch,
    settings: Arc<Settings>,
}

/// What turns the layer on.
#[derive(Clone, Copy, Debug, Default)]
struct Switch {
    code: Option<bool>,
    environment: Option<bool>,
    is_lambda: bool,
    on_lambda: bool,
}

impl Switch {
    fn is_on(self) -> bool {
        let environment = self.environment == Some(true) && !self.off_on_lambda();
        self.code.unwrap_or(environment)
    }

    fn off_on_lambda(self) -> bool {
        self.is_lambda && !self.on_lambda
    }
}

/// What the layer, its services and their spans share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) naming: Naming,
    pub(crate) error_statuses: ErrorStatuses,
    pub(crate) integration_timeout: Option<Duration>,
    pub(crate) tracer: Arc<Tracer>,
    pub(crate) propagator: Propagator,
    pub(crate) x_ray: XRay,
    pub(crate) trust: Trust,
    pub(crate) strip_headers: bool,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
}

impl Default for ApiGatewayInferredSpan {
    fn default() -> Self {
        Self::new()
    }
}

impl ApiGatewayInferredSpan {
    /// Reads the environment; every setting it names can be set in code too.
    ///
    /// | variable | setting |
    /// |---|---|
    /// | `DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED` | [`enabled`](Self::enabled) |
    /// | `DD_TRACE_HTTP_SERVER_ERROR_STATUSES` | [`error_statuses`](Self::error_statuses) |
    /// | `DD_SERVICE_MAPPING` | [`service_mapping`](Self::service_mapping) |
    /// | `DD_TRACE_OTEL_SEMANTICS_ENABLED` | [`otel_span_name`](Self::otel_span_name) |
    ///
    /// A variable that can't be understood is logged as a warning, once per process, and its default stands.
    pub fn new() -> Self {
        Self::from_environment(Environment::read())
    }

    fn from_environment(environment: Environment) -> Self {
        Self {
            switch: Switch { environment: environment.enabled, is_lambda: environment.on_lambda, ..Switch::default() },
            settings: Arc::new(Settings {
                naming: Naming {
                    service_mapping: environment.service_mapping.unwrap_or_default(),
                    otel_span_name: environment.otel_semantics.unwrap_or_default(),
                    ..Naming::default()
                },
                error_statuses: environment.error_statuses.unwrap_or_default(),
                ..Settings::default()
            }),
        }
    }

    /// Turns the layer on or off, whatever the environment says.
    ///
    /// Default: what `DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED` says (`true` or `1`, in any case, is on), else off:
    /// where no gateway stands in front, anyone could send its headers.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.switch.code = Some(enabled);
        self
    }

    /// Lets the environment variable turn the layer on in an AWS Lambda function too.
    ///
    /// Default: false. There, Datadog's extension and Lambda layers already make this span, and it would be doubled.
    /// Only looked at where `AWS_LAMBDA_FUNCTION_NAME` is set; [`enabled(true)`](Self::enabled) makes it unnecessary.
    pub fn on_lambda(mut self, on_lambda: bool) -> Self {
        self.switch.on_lambda = on_lambda;
        self
    }

    /// The provider whose tracer makes the gateway's spans.
    ///
    /// Default: the global provider, looked up at the first request that needs it and kept from then on.
    pub fn tracer_provider<P>(self, provider: &P) -> Self
    where
        P: TracerProvider,
        P::Tracer: Send + Sync + 'static,
        <P::Tracer as OtelTracer>::Span: Send + Sync + 'static,
    {
        let tracer = Arc::new(Tracer::of(provider));
        self.with(|settings| settings.tracer = tracer)
    }

    /// The propagator that finds the client's span in the request's headers.
    ///
    /// Default: the global propagator.
    pub fn propagator(self, propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.propagator = Propagator::new(propagator))
    }

    /// What to make of `X-Amzn-Trace-Id` where the propagator finds no parent. Default: [`XRay::Continue`].
    pub fn x_ray(self, mode: XRay) -> Self {
        self.with(|settings| settings.x_ray = mode)
    }

    /// The response statuses that make the gateway's span an error. Default: `[500..=599]`.
    ///
    /// In `DD_TRACE_HTTP_SERVER_ERROR_STATUSES`: codes and ranges of them, such as `500-599,429`. Datadog's own SDK,
    /// `datadog-opentelemetry`, decides again by that variable when it exports: with it, set the variable.
    pub fn error_statuses(self, statuses: impl IntoIterator<Item = RangeInclusive<u16>>) -> Self {
        self.with(|settings| settings.error_statuses = statuses.into_iter().collect())
    }

    /// Names the service of the gateway at `domain`, which is the domain itself by default.
    ///
    /// Adds to what `DD_SERVICE_MAPPING` (`api.example.com:orders-api,...`) says, and wins over it.
    pub fn service_mapping(self, domain: impl Into<String>, service: impl Into<String>) -> Self {
        let pair = (domain.into(), service.into());
        self.with(|settings| settings.naming.service_mapping.insert(0, pair))
    }

    /// How long the gateway waits for the application, if it isn't the [default](crate::Proxy::integration_timeout).
    ///
    /// A request that is cut off at this age or later gets the `error.type` `timeout`: its client saw the gateway's
    /// 504. One that is cut off before gets `cancelled`.
    pub fn integration_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.integration_timeout = Some(timeout))
    }

    /// Whether ids in a path are replaced by `{id}` in the resource name of an API that sends no resource path.
    ///
    /// Ids are segments of digits, UUIDs and hexadecimal of 16 digits or more. The attribute `url.path` stays whole.
    /// Default: true, because backends keep statistics by resource name.
    pub fn parameterize_paths(self, parameterize: bool) -> Self {
        self.with(|settings| settings.naming.parameterize_paths = parameterize)
    }

    /// Whether the caller's identity (`x-dd-proxy-user`) becomes the attribute `aws_user`.
    ///
    /// Default: false, because it is personal data.
    pub fn record_user(self, record: bool) -> Self {
        self.with(|settings| settings.naming.record_user = record)
    }

    /// Whether the client's address, the first one in `X-Forwarded-For`, becomes the attribute `client.address`.
    ///
    /// Default: false, because it is personal data. Clients can send that header too: it is what they claim.
    pub fn record_client_address(self, record: bool) -> Self {
        self.with(|settings| settings.naming.record_client_address = record)
    }

    /// Believes only requests for these domains: exact ones such as `api.example.com`, or all below one, such as
    /// `*.example.com`, which is not `example.com` itself. Default: any domain.
    pub fn allow_domains<D: Into<String>>(self, domains: impl IntoIterator<Item = D>) -> Self {
        let domains = domains.into_iter().map(Into::into).collect();
        self.with(|settings| settings.trust.domains = Some(domains))
    }

    /// Believes only requests through the APIs with these ids (`x-dd-proxy-api-id`). Default: any API.
    pub fn allow_api_ids<I: Into<String>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        let ids = ids.into_iter().map(Into::into).collect();
        self.with(|settings| settings.trust.api_ids = Some(ids))
    }

    /// Believes only requests with this header (its name in any case) of exactly this value.
    ///
    /// The gateway adds it by a static mapping; nobody else knows it. It is compared in constant time. Default: none.
    pub fn shared_secret(self, header: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        let secret = (header.into().to_ascii_lowercase(), value.into());
        self.with(|settings| settings.trust.secret = Some(secret))
    }

    /// Believes only requests for which this is true. Asked last, for requests that satisfied all else.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new()
    ///     .accept_if(|gateway, headers| gateway.stage() == Some("prod") && headers.get("via").is_some());
    /// ```
    pub fn accept_if(
        self,
        accept: impl Fn(&ProxyRequest<'_>, &HeaderLookup<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        let accept = Arc::new(accept);
        self.with(|settings| settings.trust.accept_if = Some(accept))
    }

    /// Believes only requests that the gateway took at most so long ago. Default: any age.
    ///
    /// No real request is older than the gateway's timeout, but one that was recorded and sent again is, as are the
    /// examples one pastes into a terminal.
    pub fn max_request_age(self, age: Duration) -> Self {
        self.with(|settings| settings.trust.max_age = Some(age))
    }

    /// How many domains may become services, beside those of [`service_mapping`](Self::service_mapping).
    ///
    /// Spans for any further one keep the application's service. Default: 100, counted since the process started.
    pub fn max_services(self, count: usize) -> Self {
        let services = Arc::new(Services::at_most(count));
        self.with(|settings| settings.naming.services = services)
    }

    /// Whether the gateway's headers are removed from the request before the application sees it, believed or not.
    ///
    /// Default: false. Useful where the application forwards its headers to other services, which would else make
    /// gateway spans of their own of them.
    pub fn strip_headers(self, strip: bool) -> Self {
        self.with(|settings| settings.strip_headers = strip)
    }

    /// What became of the requests so far that had `x-dd-proxy`: through this layer, its clones, and those made
    /// from it by further settings.
    ///
    /// ```
    /// # use apigateway_inferred_span::{ApiGatewayInferredSpan, RejectionKind};
    /// let gateway = ApiGatewayInferredSpan::new();
    /// let layer = gateway.clone(); // goes into the router
    /// assert_eq!(gateway.stats().accepted(), 0);
    /// assert_eq!(gateway.stats().rejected(RejectionKind::MissingRequestTime), 0);
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.settings.counters.read()
    }

    /// The wall clock, for tests.
    #[doc(hidden)]
    pub fn wall_clock(self, now: fn() -> SystemTime) -> Self {
        self.with(|settings| settings.clock = Clock(now))
    }

    /// Names the span `{method} {route}` (`{method}` without a route), as OpenTelemetry's semantic conventions want
    /// it, instead of `aws.apigateway`. Reads best in Jaeger and Tempo; the attributes are the same.
    ///
    /// Default: what `DD_TRACE_OTEL_SEMANTICS_ENABLED` says (`true` or `1`), else false.
    pub fn otel_span_name(self, otel: bool) -> Self {
        self.with(|settings| settings.naming.otel_span_name = otel)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// The settings, if the layer is on; a word to the operator if nobody turned it off on purpose.
    pub(crate) fn active(&self) -> Option<Arc<Settings>> {
        if self.switch.is_on() {
            return Some(Arc::clone(&self.settings));
        }
        if self.switch.code.is_none() && self.switch.environment != Some(false) {
            hints::disabled(self.switch.environment == Some(true));
        }
        None
    }
}
