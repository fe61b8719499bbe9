//! Who wants to know what became of an exchange.
//!
//! The gateway's span is no [`Observer`], though it observes: it alone gives the context that the application runs in.

pub(crate) mod span;
mod stats;

use std::fmt::Debug;
use std::time::SystemTime;

use crate::exchange::{NotBegun, Outcome};
use crate::request::RequestView;

pub(crate) use stats::Counters;
pub use stats::Stats;

/// Learns of requests that have `x-dd-proxy`.
pub(crate) trait Observer: Debug + Send + Sync {
    /// Learns that an exchange has begun, with or without a span. `None` if nothing is to be kept for its end.
    fn begin(&self, begun: &Begun<'_>) -> Option<Box<dyn Observation>>;

    /// Learns that a request makes no exchange.
    fn not_begun(&self, _: &NotBegun) {}
}

/// What an observer keeps for the end of an exchange.
pub(crate) trait Observation: Send {
    fn end(self: Box<Self>, outcome: &Outcome);
}

/// An exchange that has begun.
#[derive(Debug)]
pub(crate) struct Begun<'a> {
    pub(crate) span: SpanMade,
    // The counters don't ask what the request was; metrics and the access log will.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) request: &'a RequestView<'a>,
    /// When the gateway received the request.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) started: SystemTime,
}

/// Whether an exchange has a gateway span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanMade {
    /// It has one, which the sampler may have dropped.
    Yes,
    /// X-Ray has already recorded the gateway: [`XRay::Defer`](crate::XRay::Defer).
    AlreadyRecorded,
    NoTracerProvider,
}
