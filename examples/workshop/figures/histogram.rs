//! A histogram as OpenTelemetry records it: how many values are in each bucket, not the values.

use std::time::Duration;

use opentelemetry_sdk::metrics::data::HistogramDataPoint;

use super::Percentiles;

/// In seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    /// The upper bound of each bucket but the last, which has none.
    bounds: Vec<f64>,
    counts: Vec<u64>,
    /// The smallest and the largest value.
    range: Option<(f64, f64)>,
}

impl Histogram {
    pub(super) fn of(point: &HistogramDataPoint<f64>) -> Self {
        Self {
            bounds: point.bounds().collect(),
            counts: point.bucket_counts().collect(),
            range: point.min().zip(point.max()),
        }
    }

    /// Adds the values of another with the same bounds.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.bounds.is_empty() {
            self.bounds.clone_from(&other.bounds);
        }
        self.counts.resize(other.counts.len().max(self.counts.len()), 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, another) => one.or(another),
        };
    }

    /// The bounds of a bucket, within the smallest and the largest value. Without those limits, requests that were all
    /// cut off after 1.01 s would have a median of 1.75 s, in the middle of the bucket from 1 to 2.5 s.
    fn bucket(&self, index: usize) -> Option<(f64, f64)> {
        let (min, max) = self.range?;
        let lower = index.checked_sub(1).and_then(|before| self.bounds.get(before)).copied();
        let upper = self.bounds.get(index).copied();
        Some((lower.unwrap_or(min).max(min), upper.unwrap_or(max).min(max)))
    }
}

impl Percentiles for Histogram {
    /// Interpolated, as if a bucket's values were spread evenly over it.
    fn percentile(&self, percent: f64) -> Option<Duration> {
        let rank = percent / 100.0 * self.counts.iter().sum::<u64>() as f64;
        let mut before = 0.0;
        for (index, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = *count as f64;
            if before + count >= rank {
                let (lower, upper) = self.bucket(index)?;
                let seconds = lower + (upper - lower) * (rank - before) / count;
                return Duration::try_from_secs_f64(seconds).ok();
            }
            before += count;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(counts: [u64; 4], range: (f64, f64)) -> Histogram {
        Histogram { bounds: vec![0.25, 0.5, 1.0], counts: counts.to_vec(), range: Some(range) }
    }

    fn ms(histogram: &Histogram, percent: f64) -> Option<u128> {
        histogram.percentile(percent).map(|duration| (duration.as_secs_f64() * 1e3).round() as u128)
    }

    #[test]
    fn a_percentile_lies_within_its_bucket() {
        let even = histogram([10, 10, 10, 10], (0.1, 2.0));
        for (percent, expected) in [(0.0, 100), (25.0, 250), (37.5, 375), (50.0, 500), (75.0, 1_000), (100.0, 2_000)] {
            assert_eq!(ms(&even, percent), Some(expected), "p{percent}");
        }
    }

    #[test]
    fn a_bucket_ends_where_the_values_do() {
        let cut_off = histogram([0, 0, 1, 9], (0.9, 1.01));
        assert_eq!([1.0, 50.0, 99.0].map(|percent| ms(&cut_off, percent)), [Some(910), Some(1_004), Some(1_010)]);
        let one = histogram([0, 1, 0, 0], (0.3, 0.3));
        assert_eq!([1.0, 50.0, 99.0].map(|percent| ms(&one, percent)), [Some(300); 3]);
    }

    #[test]
    fn an_empty_one_has_none() {
        assert_eq!(Histogram::default().percentile(50.0), None);
        assert_eq!(histogram([0; 4], (0.0, 0.0)).percentile(50.0), None);
    }

    #[test]
    fn two_make_one() {
        let mut both = Histogram::default();
        both.merge(&histogram([1, 0, 0, 0], (0.1, 0.1)));
        both.merge(&histogram([0, 0, 0, 1], (2.0, 2.0)));
        assert_eq!((both.counts.clone(), both.range), (vec![1, 0, 0, 1], Some((0.1, 2.0))));
        assert_eq!([0.0, 100.0].map(|percent| ms(&both, percent)), [Some(100), Some(2_000)]);
    }
}
