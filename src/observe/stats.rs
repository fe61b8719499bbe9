//! What became of the requests that had `x-dd-proxy`, counted.

use std::array;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::{Begun, NotBegun, Observation, Observer, SpanMade};
use crate::request::RejectionKind;

/// What can become of a request.
#[derive(Clone, Copy, Debug)]
enum Counted {
    Accepted,
    Deferred,
    NoTracerProvider,
    Panicked,
    Rejected(RejectionKind),
}

/// Those of [`Counted`] before the rejections, in order.
const CODES: [&str; 4] = ["accepted", "deferred", "no_tracer_provider", "panicked"];
const COUNTERS: usize = CODES.len() + RejectionKind::ALL.len();

impl Counted {
    /// The place of its counter.
    fn place(self) -> usize {
        match self {
            Self::Accepted => 0,
            Self::Deferred => 1,
            Self::NoTracerProvider => 2,
            Self::Panicked => 3,
            Self::Rejected(kind) => CODES.len() + kind as usize,
        }
    }
}

/// Counts of the requests that had `x-dd-proxy`: those with a gateway span, and those without one, by reason.
///
/// From [`ApiGatewayInferredSpan::stats`](crate::ApiGatewayInferredSpan::stats). Requests without `x-dd-proxy` aren't
/// counted; on AWS Lambda, requests in a gateway's event are. If the layer is added twice, only the outer one counts.
///
/// | code | requests |
/// |---|---|
/// | `accepted` | with a gateway span, which the sampler may have dropped |
/// | `deferred` | without one, because X-Ray recorded the gateway: [`XRay::Defer`](crate::XRay::Defer) |
/// | `no_tracer_provider` | without one, because no tracer provider is installed, or it is shut down |
/// | `panicked` | without one, because the propagator, the sampler, a span processor or `accept_if` panicked |
/// | any other | without one, because of its headers or of the layer's settings: [`RejectionKind`] |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    counts: [u64; COUNTERS],
}

impl Stats {
    /// Requests with a gateway span.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.get(Counted::Accepted)
    }

    /// Requests without one, because X-Ray recorded the gateway: [`XRay::Defer`](crate::XRay::Defer).
    #[must_use]
    pub fn deferred(&self) -> u64 {
        self.get(Counted::Deferred)
    }

    /// Requests without one, because no tracer provider is installed, or it is shut down.
    #[must_use]
    pub fn no_tracer_provider(&self) -> u64 {
        self.get(Counted::NoTracerProvider)
    }

    /// Requests without one, because the propagator, the sampler, a span processor or `accept_if` panicked.
    #[must_use]
    pub fn panicked(&self) -> u64 {
        self.get(Counted::Panicked)
    }

    /// Requests without one, because of their headers or of the layer's settings.
    #[must_use]
    pub fn rejected(&self, kind: RejectionKind) -> u64 {
        self.get(Counted::Rejected(kind))
    }

    /// Every code and its count, such as for a metric with the code as a label.
    ///
    /// ```
    /// # use apigateway_inferred_span::ApiGatewayInferredSpan;
    /// let stats = ApiGatewayInferredSpan::new().stats();
    /// let rejected: u64 = stats.iter().filter(|(code, _)| *code != "accepted").map(|(_, count)| count).sum();
    /// assert_eq!(rejected, 0);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        CODES.into_iter().chain(RejectionKind::ALL.map(RejectionKind::as_str)).zip(self.counts)
    }

    fn get(&self, counted: Counted) -> u64 {
        self.counts.get(counted.place()).copied().unwrap_or_default()
    }
}

/// Counters in several copies, each on cache lines of its own: a counter that all threads write would be passed from
/// core to core with every request.
#[derive(Debug)]
pub(crate) struct Counters {
    shards: [Shard; SHARDS],
}

const SHARDS: usize = 8;

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard([AtomicU64; COUNTERS]);

thread_local! {
    /// Each thread keeps the shard that it got first: to choose one anew would take longer than to count.
    static SHARD: Cell<usize> = Cell::new({
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Relaxed) % SHARDS
    });
}

impl Counters {
    fn count(&self, counted: Counted) {
        let shard = self.shards.get(SHARD.get());
        if let Some(counter) = shard.and_then(|shard| shard.0.get(counted.place())) {
            counter.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Stats {
        let mut counts = [0; COUNTERS];
        for shard in &self.shards {
            for (sum, counter) in counts.iter_mut().zip(&shard.0) {
                *sum += counter.load(Relaxed);
            }
        }
        Stats { counts }
    }
}

impl Observer for Counters {
    fn begin(&self, begun: &Begun<'_>) -> Option<Box<dyn Observation>> {
        self.count(match begun.span {
            SpanMade::Yes => Counted::Accepted,
            SpanMade::AlreadyRecorded => Counted::Deferred,
            SpanMade::NoTracerProvider => Counted::NoTracerProvider,
        });
        None
    }

    fn not_begun(&self, reason: &NotBegun) {
        self.count(match reason {
            NotBegun::Rejected(rejection) => Counted::Rejected(rejection.kind()),
            NotBegun::NoTracerProvider => Counted::NoTracerProvider,
            NotBegun::Panicked => Counted::Panicked,
        });
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self { shards: array::from_fn(|_| Shard::default()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_count_has_a_place_and_a_code() {
        let counters = Counters::default();
        let rejections = RejectionKind::ALL.map(Counted::Rejected);
        let all = [Counted::Accepted, Counted::Deferred, Counted::NoTracerProvider, Counted::Panicked];
        for (times, counted) in all.into_iter().chain(rejections).enumerate() {
            (0..times).for_each(|_| counters.count(counted));
        }
        let stats = counters.read();
        assert_eq!(stats.iter().map(|(_, count)| count).collect::<Vec<_>>(), (0..17).collect::<Vec<_>>());
        assert_eq!((stats.deferred(), stats.panicked()), (1, 3));
        assert_eq!(stats.rejected(RejectionKind::NotAccepted), 16);
        assert_eq!(stats.iter().last(), Some(("not_accepted", 16)));
    }
}
