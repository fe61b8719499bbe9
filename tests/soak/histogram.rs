//! A histogram of latencies with a bounded relative error, that several threads can record into.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// Counts of times in microseconds, in buckets an eighth as wide as the power of two below them: bucket `8 * p + e`
/// holds times from `(8 + e) * 2^(p - 3)` on.
pub(crate) struct Histogram(Vec<AtomicU64>);

impl Histogram {
    pub(crate) fn new() -> Self {
        Self((0..512).map(|_| AtomicU64::new(0)).collect())
    }

    pub(crate) fn record(&self, time: Duration) {
        // Below 8, a bucket would be less than a microsecond wide.
        let us = (time.as_micros() as u64).max(8);
        let power = us.ilog2();
        // The three bits after the leading one.
        let eighth = (us >> (power - 3)) & 7;
        self.0[power as usize * 8 + eighth as usize].fetch_add(1, SeqCst);
    }

    /// The upper bound of the bucket in which the quantile is.
    pub(crate) fn quantile(&self, q: f64) -> Duration {
        let counts: Vec<_> = self.0.iter().map(|count| count.load(SeqCst)).collect();
        let rank = (counts.iter().sum::<u64>() as f64 * q) as u64;
        let mut sum = 0;
        let at = counts.iter().position(|count| {
            sum += count;
            sum > rank
        });
        let at = at.unwrap_or(counts.len() - 1) as u64;
        Duration::from_micros((9 + at % 8) << (at / 8).saturating_sub(3))
    }
}
