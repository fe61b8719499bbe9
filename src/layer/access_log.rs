use std::sync::Arc;

use super::ApiGatewayInferredSpan;
use crate::observe::access_log::AccessLog;

/// The setting's name among the observers.
const NAME: &str = "access_log";

/// # Access log
impl ApiGatewayInferredSpan {
    /// Whether the end of each exchange is logged as a `tracing` event, with the fields of the gateway's own access log
    /// and the trace id; see [`access_log`](crate::access_log).
    ///
    /// Needs no tracer provider. The client's address (`ip`) and the caller (`user`) are logged only with
    /// [`record_client_address`](Self::record_client_address) and [`record_user`](Self::record_user). Defaults to false.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let layer = ApiGatewayInferredSpan::new().access_log(true);
    /// ```
    pub fn access_log(self, log: bool) -> Self {
        self.with(|core| match log {
            true => core.observers.set(NAME, Arc::new(AccessLog)),
            false => core.observers.remove(NAME),
        })
    }
}
