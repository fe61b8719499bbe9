//! How long the application takes.

use std::time::Duration;

/// The workshop's handler takes 250 to 1,500 ms. Each order or report always takes the same time, so that
/// runs can be compared.
///
/// None takes 750 to 1,250 ms: near the gateway's limit of 1 s, a busy machine would decide who gives up first, and the
/// two sides could see different ends of the same request.
pub(crate) fn duration(number: u64) -> Duration {
    let (below, above) = (500, 250);
    let ms = mixed(number) % (below + above);
    Duration::from_millis(if ms < below { 250 + ms } else { 1_250 + ms - below })
}

/// SplitMix64's output function: numbers that follow one another come out far apart.
fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_outlasts_the_limit_and_none_comes_near_it() {
        let durations: Vec<u64> = (0..3_000).map(|number| duration(number).as_millis() as u64).collect();
        assert!(durations.iter().all(|ms| (250..750).contains(ms) || (1_250..1_500).contains(ms)));
        let outlast = durations.iter().filter(|ms| **ms > 1_000).count();
        assert!((900..1_100).contains(&outlast), "{outlast}");
        assert_eq!(durations.iter().min(), Some(&250));
        assert_eq!(durations.iter().max(), Some(&1_499));
    }

    #[test]
    fn the_same_number_always_takes_the_same_time() {
        assert_eq!([0, 1, 2].map(duration), [0, 1, 2].map(duration));
    }
}
