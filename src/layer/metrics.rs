use std::sync::Arc;

use opentelemetry::metrics::MeterProvider;

use super::ApiGatewayInferredSpan;
use crate::core::Core;
use crate::observe::metrics::Metrics;

/// The setting's name among the observers.
const NAME: &str = "meter_provider";

/// Records metrics with the global provider, unless the setter names another one.
pub(super) fn by_default(core: &mut Core) {
    core.observers.set(NAME, Arc::new(Metrics::global()));
}

/// # Metrics
impl ApiGatewayInferredSpan {
    /// The provider whose meter records the gateway's metrics; see [Metrics](crate#metrics).
    ///
    /// Defaults to the global provider, whenever it is installed. Without a provider, nothing is recorded; with
    /// OpenTelemetry's `NoopMeterProvider`, nothing is recorded either way.
    ///
    /// Keep the provider for as long as the application runs: an SDK's provider shuts down when its last clone is dropped.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// use opentelemetry_sdk::metrics::SdkMeterProvider;
    ///
    /// let provider = SdkMeterProvider::builder().build();
    /// let layer = ApiGatewayInferredSpan::new().meter_provider(&provider);
    /// ```
    pub fn meter_provider(self, provider: &(impl MeterProvider + ?Sized)) -> Self {
        let metrics = Arc::new(Metrics::of(provider));
        self.with(|core| core.observers.set(NAME, metrics))
    }
}
