//! What the gateway's own metrics say, as far as the application can know it.

mod instruments;
mod provider;
mod series;

use std::sync::Arc;

use opentelemetry::metrics::MeterProvider;
use opentelemetry::{Key, KeyValue, StringValue};

use super::{Begun, Ended, NotBegun, Observation, Observer, Transit};
use instruments::Instruments;
use provider::Provider;
use series::{Series, ROUTE};

/// Records the metrics of every exchange, whether its span is sampled or not, or there is none.
#[derive(Debug)]
pub(crate) struct Metrics {
    provider: Provider,
    series: Series,
}

impl Metrics {
    /// Of the global provider, as soon as there is one.
    pub(crate) fn global() -> Self {
        Self { provider: Provider::default(), series: Series::default() }
    }

    pub(crate) fn of(provider: &(impl MeterProvider + ?Sized)) -> Self {
        Self { provider: Provider::given(provider), series: Series::default() }
    }
}

impl Observer for Metrics {
    fn wants_exchanges(&self) -> bool {
        self.provider.instruments().is_some()
    }

    fn begin(&self, begun: &Begun<'_>) -> Option<Box<dyn Observation>> {
        let instruments = self.provider.instruments()?;
        let (attributes, route) = self.series.of(begun.request);
        instruments.active.add(1, &attributes);
        Some(Box::new(Active { instruments, attributes, route, transit: begun.transit }))
    }

    fn not_begun(&self, reason: &NotBegun) {
        let reason = match reason {
            NotBegun::Rejected(rejection) => rejection.kind().as_str(),
            NotBegun::Panicked => "panicked",
            // There is an exchange without a span if anybody observes it.
            NotBegun::NoTracerProvider => return,
        };
        if let Some(instruments) = self.provider.instruments() {
            instruments.rejected.add(1, &[attribute("reason", reason)]);
        }
    }
}

/// A request that is counted as active.
struct Active {
    instruments: Arc<Instruments>,
    /// Those that it was counted with: only with the same ones is it counted out again.
    attributes: Vec<KeyValue>,
    route: Option<StringValue>,
    transit: Transit,
}

impl Observation for Active {
    fn end(self: Box<Self>, ended: &Ended<'_>) {
        let Self { instruments, mut attributes, route, transit } = *self;
        // First, so that a panic of what follows leaves no request active for ever.
        instruments.active.add(-1, &attributes);
        let outcome = ended.outcome;
        if let Some(route) = route {
            attributes.push(KeyValue::new(ROUTE, route));
        }
        if let Some(status) = outcome.status {
            attributes.push(attribute("http.response.status_code", i64::from(status.code())));
        }
        if let Some(error) = outcome.error {
            attributes.push(attribute("error.type", error.as_str()));
        }
        instruments.integration.record(outcome.elapsed.as_secs_f64(), &attributes);
        if let Some(before) = transit.duration() {
            instruments.request.record((before + outcome.elapsed).as_secs_f64(), &attributes);
        }
        if let Some(overhead) = transit.exact_duration() {
            // The start of a function may take seconds.
            if let Some(is_cold_start) = transit.is_cold_start {
                attributes.push(attribute("faas.coldstart", is_cold_start));
            }
            instruments.overhead.record(overhead.as_secs_f64(), &attributes);
        }
    }
}

fn attribute(name: &'static str, value: impl Into<opentelemetry::Value>) -> KeyValue {
    KeyValue::new(Key::from_static_str(name), value)
}
