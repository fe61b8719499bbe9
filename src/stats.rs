//! What became of the requests that had `x-dd-proxy`, counted.

use std::array;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

pub(crate) const ACCEPTED: &str = "accepted";
pub(crate) const DEFERRED: &str = "deferred";
pub(crate) const NO_TRACER_PROVIDER: &str = "no_tracer_provider";
pub(crate) const PANICKED: &str = "panicked";
/// What can become of a request; the codes not named above are those of [`Rejected`](crate::Rejected).
const CODES: [&str; 16] = [
    ACCEPTED,
    DEFERRED,
    NO_TRACER_PROVIDER,
    PANICKED,
    "unknown_proxy",
    "unreadable_proxy",
    "missing_request_time",
    "invalid_request_time",
    "request_time_out_of_range",
    "conflicting_header",
    "api_id_mismatch",
    "wrong_secret",
    "domain_not_allowed",
    "api_id_not_allowed",
    "too_old",
    "not_accepted",
];

/// How many requests that had `x-dd-proxy` got a gateway span, and why the others got none.
///
/// From [`ApiGatewayInferredSpan::stats`](crate::ApiGatewayInferredSpan::stats). Requests without `x-dd-proxy` aren't
/// counted. Where the layer is added twice, the inner one looks at, and counts, only those to which the outer one gave
/// no span.
///
/// | code | what became of the request |
/// |---|---|
/// | `accepted` | it got a gateway span (which the sampler may have dropped) |
/// | `deferred` | it got none because X-Ray recorded the gateway: [`XRay::Defer`](crate::XRay::Defer) |
/// | `no_tracer_provider` | it got none because no provider is installed, or it is shut down |
/// | `panicked` | it got none because the propagator, the sampler, a span processor or `accept_if` panicked before there was one |
/// | any other | it got none because of its headers: [`Rejected::code`](crate::Rejected::code) |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    counts: [u64; CODES.len()],
}

impl Stats {
    /// Requests that got a gateway span.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.get(ACCEPTED)
    }

    /// Requests with that code; 0 for a code that doesn't exist.
    #[must_use]
    pub fn get(&self, code: &str) -> u64 {
        let found = self.iter().find(|(other, _)| *other == code);
        found.map_or(0, |(_, count)| count)
    }

    /// Every code and its count, such as for a metric with the code as a label.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        CODES.into_iter().zip(self.counts)
    }
}

/// Counts on lines of memory that few threads share, so that cores don't fight over them.
#[derive(Debug)]
pub(crate) struct Counters {
    shards: [Shard; SHARDS],
}

const SHARDS: usize = 8;

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard([AtomicU64; CODES.len()]);

thread_local! {
    static SHARD: Cell<usize> = Cell::new({
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Relaxed) % SHARDS
    });
}

impl Counters {
    pub(crate) fn count(&self, code: &'static str) {
        let shard = self.shards.get(SHARD.get());
        let at = CODES.iter().position(|other| *other == code);
        if let Some(counter) = shard.zip(at).and_then(|(shard, at)| shard.0.get(at)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Stats {
        let mut counts = [0; CODES.len()];
        for shard in &self.shards {
            for (sum, counter) in counts.iter_mut().zip(&shard.0) {
                *sum += counter.load(Relaxed);
            }
        }
        Stats { counts }
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self { shards: array::from_fn(|_| Shard::default()) }
    }
}
