use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Tracer as OtelTracer, TracerProvider};

use super::ApiGatewayInferredSpan;
use crate::observe::span::Tracer;
use crate::parent::Propagator;
use crate::request::XRay;

/// # OpenTelemetry and X-Ray
impl ApiGatewayInferredSpan {
    /// The provider whose tracer makes the gateway's spans.
    ///
    /// Defaults to the global provider, looked up by the first request that needs it and kept from then on.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// use opentelemetry_sdk::trace::SdkTracerProvider;
    ///
    /// let provider = SdkTracerProvider::builder().build();
    /// let layer = ApiGatewayInferredSpan::new().tracer_provider(&provider);
    /// ```
    pub fn tracer_provider<P>(self, provider: &P) -> Self
    where
        P: TracerProvider,
        P::Tracer: Send + Sync + 'static,
        <P::Tracer as OtelTracer>::Span: Send + Sync + 'static,
    {
        let tracer = Arc::new(Tracer::new(provider));
        self.with(|core| core.tracer = tracer)
    }

    /// The propagator that finds the client's span in the request's headers.
    ///
    /// Defaults to the global propagator.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// use opentelemetry_sdk::propagation::TraceContextPropagator;
    ///
    /// let layer = ApiGatewayInferredSpan::new().propagator(TraceContextPropagator::new());
    /// ```
    pub fn propagator(self, propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        self.with(|core| core.propagator = Propagator::new(propagator))
    }

    /// How the layer uses `X-Amzn-Trace-Id`, in addition to the parent that the propagator finds. Defaults to [`XRay::Link`].
    ///
    /// ```
    /// use apigateway_inferred_span::{ApiGatewayInferredSpan, XRay};
    ///
    /// let layer = ApiGatewayInferredSpan::new().x_ray(XRay::Continue);
    /// ```
    pub fn x_ray(self, mode: XRay) -> Self {
        self.with(|core| core.x_ray = mode)
    }

    /// The response statuses that make the gateway's span an error. Defaults to `[500..=599]`.
    ///
    /// In `DD_TRACE_HTTP_SERVER_ERROR_STATUSES`: codes and ranges of them, such as `500-599,429`. Datadog's own SDK,
    /// `datadog-opentelemetry`, re-evaluates errors from that variable on export, so set the variable, too.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().error_statuses([429..=429, 500..=599]);
    /// ```
    pub fn error_statuses(self, statuses: impl IntoIterator<Item = RangeInclusive<u16>>) -> Self {
        self.with(|core| core.error_statuses = statuses.into_iter().collect())
    }

    /// How long the gateway waits for the application, if it isn't the [default](crate::Proxy::integration_timeout).
    ///
    /// Counts from when the gateway received the request. A request that is cut off at this age, or up to 250 ms
    /// before, gets the `error.type` `timeout`; one that is cut off earlier gets `cancelled`. So does one that was older
    /// than this when the layer received it. If nothing was answered by then, the span has the status that the
    /// gateway gives its client, with `inferred_span.status_inferred`.
    ///
    /// A response that begins at this age or later is a `timeout` with that status, too, but only if this is set: the
    /// API's limit may differ from the default, and such a response only gets `inferred_span.after_timeout`.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// use std::time::Duration;
    ///
    /// let layer = ApiGatewayInferredSpan::new().integration_timeout(Duration::from_secs(60));
    /// ```
    pub fn integration_timeout(self, timeout: Duration) -> Self {
        self.with(|core| {
            core.unusable.forget("integration_timeout");
            if timeout.is_zero() {
                let text = "with 0 s every request would be a timeout; the gateway's default is used".to_owned();
                core.unusable.add("integration_timeout", text);
            }
            core.integration_timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
        })
    }

    /// Whether the gateway knows its time to the second only, and sends `000` for the milliseconds.
    ///
    /// Defaults to false. Not needed for an HTTP API whose `x-dd-proxy` is `aws-httpapi`; for one that is set up as
    /// Datadog's documentation says, with `aws-apigateway`, it is. Where the time is a whole second, the span starts at
    /// the latest moment in it, or at the receipt if that is earlier, and has `inferred_span.start_resolution_ms` 1000:
    /// otherwise it would be half a second too long on average.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().whole_second_times(true);
    /// ```
    pub fn whole_second_times(self, whole: bool) -> Self {
        self.with(|core| core.whole_second_times = whole)
    }
}
