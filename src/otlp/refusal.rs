//! Pauses exports to a receiver that doesn't support metrics, such as Jaeger.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Whether the receiver rejects exports, and until when none are sent.
#[derive(Debug, Default)]
pub(super) struct Refusal(Mutex<Option<Pause>>);

#[derive(Clone, Copy, Debug)]
struct Pause {
    end: Instant,
    length: Duration,
}

impl Refusal {
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.pause().as_ref().map_or(true, |pause| pause.end <= now)
    }

    /// The receiver rejected an export. Returns whether that is the first in a row.
    pub(super) fn begin(&self, now: Instant) -> bool {
        let mut pause = self.pause();
        let length = pause.map_or(FIRST_PAUSE, |pause| LONGEST_PAUSE.min(pause.length * 2));
        pause.replace(Pause { end: now + length, length }).is_none()
    }

    /// An export succeeded.
    pub(super) fn end(&self) {
        *self.pause() = None;
    }

    fn pause(&self) -> MutexGuard<'_, Option<Pause>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receiver_is_asked_again_at_growing_intervals() {
        let (refusal, mut now) = (Refusal::default(), Instant::now());
        assert!(refusal.is_over(now));
        for (try_, minutes) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
            assert_eq!(refusal.begin(now), try_ == 0, "said once");
            let pause = Duration::from_secs(60 * minutes);
            assert!(!refusal.is_over(now + pause - Duration::from_secs(1)), "{minutes}");
            now += pause;
            assert!(refusal.is_over(now), "{minutes}");
        }
        refusal.end();
        assert!(refusal.is_over(now) && refusal.begin(now), "a new refusal is said again");
    }
}
