//! Who wants to know what became of an exchange.
//!
//! The gateway's span is no [`Observer`], though it observes: it alone gives the context that the application runs in.

#[cfg(feature = "access-log")]
pub(crate) mod access_log;
mod facts;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
mod observers;
pub(crate) mod span;
mod stats;
// Asked by those observers alone that are features.
#[cfg_attr(not(all(feature = "access-log", feature = "metrics")), allow(dead_code))]
mod transit;

use std::fmt::Debug;

use opentelemetry::InstrumentationScope;

pub(crate) use facts::{Begun, Ended, ErrorType, GrpcError, NotBegun, Outcome, Personal, SpanMade, Status};
pub(crate) use observers::Observers;
pub(crate) use stats::Counters;
pub use stats::Stats;
pub(crate) use transit::Transit;

/// The instrumentation scope of everything that the layer records.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(env!("CARGO_PKG_NAME")).with_version(env!("CARGO_PKG_VERSION")).build()
}

/// Learns of requests that have `x-dd-proxy`.
pub(crate) trait Observer: Debug + Send + Sync {
    /// Whether an exchange is worth beginning for this observer alone, where no span can be made.
    fn wants_exchanges(&self) -> bool {
        true
    }

    /// Learns that an exchange has begun, with or without a span. `None` if nothing is to be kept for its end.
    fn begin(&self, begun: &Begun<'_>) -> Option<Box<dyn Observation>>;

    /// Learns that a request makes no exchange.
    fn not_begun(&self, _: &NotBegun) {}
}

/// What an observer keeps for the end of an exchange.
///
/// `Sync`, because `lambda_http::run_concurrent` wants bodies to be.
pub(crate) trait Observation: Send + Sync {
    fn end(self: Box<Self>, ended: &Ended<'_>);
}
