#[cfg(feature = "lambda")]
use crate::flush::Flush;

use super::ApiGatewayInferredSpan;
use crate::core::{Core, OnLambda};
use crate::env::datadog::Environment;

/// On AWS Lambda, events are read.
pub(super) fn by_default(core: &mut Core, environment: &Environment) {
    core.on_lambda =
        environment.is_lambda.then(|| OnLambda { region: environment.region.clone(), ..OnLambda::default() });
}

/// # AWS Lambda
impl ApiGatewayInferredSpan {
    /// Sends what is left with this function after every invocation, before Lambda freezes the process: such as
    /// `otlp::Guard::flusher()`, or a closure that calls `force_flush` of a provider.
    ///
    /// It may block; it is called on a thread of its own, and waited for up to 2 seconds. While one call takes longer, later
    /// invocations don't wait.
    ///
    /// - With the layer on the runtime, it is called after the answer has been sent and all spans have ended, for every event,
    ///   whether it came through a gateway or not, and also if the layer is off; and shortly before the function's deadline,
    ///   for the function that is about to be killed.
    /// - With the layer on a router alone, it is called at the end of the response's body, which Lambda gets when it has
    ///   returned: the client waits for it.
    /// - With both, only the outer one calls it.
    ///
    /// Ignored outside of AWS Lambda. Defaults to nothing.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// use opentelemetry_sdk::trace::SdkTracerProvider;
    ///
    /// let provider = SdkTracerProvider::builder().build();
    /// let flush = provider.clone();
    /// let layer = ApiGatewayInferredSpan::new().tracer_provider(&provider).flush(move || drop(flush.force_flush()));
    /// ```
    #[cfg(feature = "lambda")]
    #[cfg_attr(docsrs, doc(cfg(feature = "lambda")))]
    pub fn flush(self, flush: impl Fn() + Send + Sync + 'static) -> Self {
        let flush = Flush::new(flush);
        self.with_on_lambda(|on_lambda| on_lambda.flush = Some(flush))
    }

    /// Whether the header `x-amzn-request-context` of the [Lambda Web Adapter] is read, for an ordinary HTTP server behind
    /// it. Needs no other setting of the adapter or of the gateway.
    ///
    /// Ignored outside of AWS Lambda, where any client can send that header, so that the same image can run elsewhere.
    /// Behind the adapter, which replaces it in every request, nobody else can. A value of more than 64 KiB is ignored, and
    /// of others only what the span needs is read. Defaults to false.
    ///
    /// [Lambda Web Adapter]: https://github.com/awslabs/aws-lambda-web-adapter
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().request_context(true);
    /// ```
    #[cfg(feature = "request-context")]
    #[cfg_attr(docsrs, doc(cfg(feature = "request-context")))]
    pub fn request_context(self, read: bool) -> Self {
        self.with_on_lambda(|on_lambda| on_lambda.reads_header = read)
    }

    fn with_on_lambda(self, change: impl FnOnce(&mut OnLambda)) -> Self {
        self.with(|core| {
            if let Some(on_lambda) = &mut core.on_lambda {
                change(on_lambda);
            }
        })
    }
}
