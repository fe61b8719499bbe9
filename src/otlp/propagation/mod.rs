//! The propagators that `OTEL_PROPAGATORS` can name, and the sampling decisions that they read.

mod b3;
mod datadog;
mod dd_entry;
mod decision;
#[cfg(test)]
mod tests;
mod trace_context;
mod x_ray;

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::BaggagePropagator;

use b3::{Encoding, B3};
use datadog::Datadog;
pub(crate) use decision::Decided;
use trace_context::TraceContext;
use x_ray::XRay;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Propagator {
    TraceContext,
    Baggage,
    B3,
    B3Multi,
    XRay,
    Datadog,
}

impl Propagator {
    /// What is expected of the variable.
    pub(crate) const EXPECTED: &'static str = "a list of tracecontext, baggage, b3, b3multi, xray and datadog, or none";
    pub(crate) const NAMES: [(&'static str, Self); 6] = [
        ("tracecontext", Self::TraceContext),
        ("baggage", Self::Baggage),
        ("b3", Self::B3),
        ("b3multi", Self::B3Multi),
        ("xray", Self::XRay),
        ("datadog", Self::Datadog),
    ];

    /// Whether it reads sampling decisions that a span context can't express, which takes [`Decided`] to follow.
    pub(crate) fn has_decisions(self) -> bool {
        !matches!(self, Self::TraceContext | Self::Baggage)
    }

    fn make(self) -> Box<dyn TextMapPropagator + Send + Sync> {
        match self {
            Self::TraceContext => Box::<TraceContext>::default(),
            Self::Baggage => Box::new(BaggagePropagator::new()),
            Self::B3 => Box::new(B3::new(Encoding::Single)),
            Self::B3Multi => Box::new(B3::new(Encoding::Multiple)),
            Self::XRay => Box::<XRay>::default(),
            Self::Datadog => Box::<Datadog>::default(),
        }
    }
}

/// All of them in one. If several find a span, the last one's is taken.
pub(crate) fn composite(propagators: &[Propagator]) -> TextMapCompositePropagator {
    TextMapCompositePropagator::new(propagators.iter().map(|propagator| propagator.make()).collect())
}

/// The names of headers, as [`TextMapPropagator::fields`] has them.
fn fields(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
