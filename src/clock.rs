//! What time it is, whatever the wall clock does meanwhile.

use std::time::{Instant, SystemTime};

/// When a request was received. Later times of it are counted from there by the monotonic clock, so that a wall
/// clock set back makes no negative duration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipt {
    wall: SystemTime,
    monotonic: Instant,
}

impl Receipt {
    pub(crate) fn now() -> Self {
        Self {
            wall: SystemTime::now(),
            monotonic: Instant::now(),
        }
    }

    pub(crate) fn time(&self) -> SystemTime {
        self.wall
    }

    /// The time now, never before [`Receipt::time`].
    pub(crate) fn present(&self) -> SystemTime {
        let elapsed = self.monotonic.elapsed();
        self.wall.checked_add(elapsed).unwrap_or(self.wall)
    }
}
