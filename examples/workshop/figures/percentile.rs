//! Percentiles, of single values and of histograms.

use std::time::Duration;

/// Implemented by the values themselves and by their histogram.
pub(crate) trait Percentiles {
    /// The duration that this percentage of the requests didn't exceed. `None` if there were no requests.
    fn percentile(&self, percent: f64) -> Option<Duration>;
}

impl Percentiles for Vec<Duration> {
    /// By the nearest rank.
    fn percentile(&self, percent: f64) -> Option<Duration> {
        let mut sorted = self.clone();
        sorted.sort();
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_is_one_of_the_values() {
        let values: Vec<Duration> = [40, 10, 30, 20].map(Duration::from_millis).to_vec();
        for (percent, expected) in [(0.0, 10), (25.0, 10), (50.0, 20), (51.0, 30), (99.0, 40), (100.0, 40)] {
            assert_eq!(values.percentile(percent), Some(Duration::from_millis(expected)), "p{percent}");
        }
        assert_eq!(Vec::<Duration>::new().percentile(50.0), None);
    }
}
