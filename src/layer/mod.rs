//! The builder.

#[cfg(feature = "access-log")]
mod access_log;
mod activation;
#[cfg(any(feature = "lambda", feature = "request-context"))]
mod lambda;
#[cfg(feature = "metrics")]
mod metrics;
mod span;
mod telemetry;
mod trust;

use std::sync::Arc;

use crate::core::Core;
use crate::env::datadog::{self, Environment};
use crate::hints;
use crate::observe::Stats;

use activation::Activation;

/// Adds a span for the API gateway, as the parent of the application's server span.
///
/// A tower [`Layer`](tower_layer::Layer), and an actix-web middleware with the feature `actix-web`. See the
/// [crate's documentation](crate) for an example, and for its place in the stack: outermost.
///
/// The layer is off unless [`DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED`](Self::enabled) is `true` or `1`, or
/// [`enabled(true)`](Self::enabled) is called. Settings in code take precedence over the environment, which is read
/// once, by [`new`](Self::new).
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is added to a service as a layer"]
pub struct ApiGatewayInferredSpan {
    activation: Activation,
    core: Arc<Core>,
}

impl Default for ApiGatewayInferredSpan {
    fn default() -> Self {
        Self::new()
    }
}

/// # Turning it on
impl ApiGatewayInferredSpan {
    /// Creates a layer configured from the environment. Each variable has a setter, which takes precedence.
    ///
    /// | variable | setting |
    /// |---|---|
    /// | `DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED` | [`enabled`](Self::enabled) |
    /// | `DD_TRACE_HTTP_SERVER_ERROR_STATUSES` | [`error_statuses`](Self::error_statuses) |
    /// | `DD_SERVICE_MAPPING` | [`service_mapping`](Self::service_mapping) |
    /// | `DD_TRACE_OTEL_SEMANTICS_ENABLED` | [`otel_semantics`](Self::otel_semantics) |
    ///
    /// An invalid value is logged as a warning, once per process, and replaced by the default.
    ///
    /// ```
    /// use apigateway_inferred_span::ApiGatewayInferredSpan;
    ///
    /// let layer = ApiGatewayInferredSpan::new();
    /// ```
    pub fn new() -> Self {
        let environment = Environment::read();
        let activation = Activation::from_environment(&environment);
        let mut core = Core::default();
        #[cfg(any(feature = "lambda", feature = "request-context"))]
        lambda::by_default(&mut core, &environment);
        for (host, service) in environment.service_mapping {
            core.span.services.map(&host, service);
        }
        core.span.otel_semantics = environment.otel_semantics.unwrap_or_default();
        core.error_statuses = environment.error_statuses.unwrap_or_default();
        #[cfg(feature = "metrics")]
        metrics::by_default(&mut core);
        Self { activation, core: Arc::new(core) }
    }

    /// Turns the layer on or off, whatever the environment says.
    ///
    /// Defaults to what `DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED` says (`true` or `1`, in any case, is on), otherwise
    /// off, because without a gateway in front any client could send its headers.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().enabled(true);
    /// ```
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.activation.in_code = Some(enabled);
        self
    }

    /// Lets the environment variable turn the layer on in an AWS Lambda function where Datadog's extension makes this span,
    /// too.
    ///
    /// Defaults to false: enabling both would duplicate it. The extension is known by `AWS_LWA_LAMBDA_RUNTIME_API_PROXY`, or
    /// by `AWS_LAMBDA_EXEC_WRAPPER` with its wrapper. Without one of the features `lambda`, `lambda-http` and
    /// `request-context`, which read a function's events, this is needed in every function. Ignored unless
    /// `AWS_LAMBDA_FUNCTION_NAME` is set; [`enabled(true)`](Self::enabled) makes it unnecessary.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().on_lambda(true);
    /// ```
    pub fn on_lambda(mut self, on_lambda: bool) -> Self {
        self.activation.on_lambda = on_lambda;
        self
    }

    /// The counts so far of requests that had `x-dd-proxy`, by outcome. This layer, its clones, and layers made from it by
    /// further setters share the counters.
    ///
    /// ```
    /// use apigateway_inferred_span::{ApiGatewayInferredSpan, RejectionKind};
    ///
    /// let gateway = ApiGatewayInferredSpan::new();
    /// let layer = gateway.clone(); // goes into the router
    /// assert_eq!(gateway.stats().accepted(), 0);
    /// assert_eq!(gateway.stats().rejected(RejectionKind::MissingRequestTime), 0);
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.counters.read()
    }
}

impl ApiGatewayInferredSpan {
    /// Changes a setting. Services that were made before keep theirs.
    fn with(mut self, change: impl FnOnce(&mut Core)) -> Self {
        change(Arc::make_mut(&mut self.core));
        self
    }

    /// The core if there is something to do: the layer is enabled, or strips headers. Logs a hint if the layer is off,
    /// unless it was disabled explicitly.
    pub(crate) fn active(&self) -> Option<Arc<Core>> {
        // Again: there may have been no subscriber when the environment was read.
        datadog::say_invalid();
        if self.activation.is_on() {
            self.core.unusable.say();
            return Some(Arc::clone(&self.core));
        }
        if !self.activation.is_off_explicitly() {
            hints::disabled(self.activation.is_held_back_on_lambda());
        }
        self.core.acts_if_off().then(|| Arc::new(Core { is_off: true, ..Core::clone(&self.core) }))
    }

    /// Replaces the wall clock, for the fuzzer.
    #[cfg(fuzzing)]
    #[doc(hidden)]
    pub fn wall_clock(self, now: fn() -> std::time::SystemTime) -> Self {
        self.with(|core| core.wall_clock = crate::clock::WallClock(now))
    }
}
