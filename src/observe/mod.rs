//! Who wants to know what became of an exchange.
//!
//! The gateway's span is no [`Observer`], though it observes: it alone gives the context that the application runs in.

mod facts;
pub(crate) mod span;
mod stats;

use std::fmt::Debug;

pub(crate) use facts::{Begun, ErrorType, GrpcError, NotBegun, Outcome, SpanMade, Status};
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
