//! What time it is, whatever the wall clock does meanwhile.

use std::time::{Duration, Instant, SystemTime};

/// The wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(pub(crate) fn() -> SystemTime);

impl Default for Clock {
    fn default() -> Self {
        Self(SystemTime::now)
    }
}

/// When a request was received. Later times of it are counted from there by the monotonic clock, so that a wall
/// clock set back makes no negative duration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipt {
    wall: SystemTime,
    monotonic: Instant,
}

impl Receipt {
    pub(crate) fn now(clock: Clock) -> Self {
        Self { wall: clock.0(), monotonic: Instant::now() }
    }

    pub(crate) fn time(&self) -> SystemTime {
        self.wall
    }

    /// When the gateway took the request that was received now: what it says, unless its clock is ahead of ours, and
    /// then by how much.
    pub(crate) fn clamp(&self, gateway: Option<SystemTime>) -> (SystemTime, Option<Duration>) {
        match gateway {
            None => (self.wall, None),
            Some(time) if time <= self.wall => (time, None),
            Some(time) => (self.wall, time.duration_since(self.wall).ok()),
        }
    }

    /// The time now, never before the receipt.
    pub(crate) fn present(&self) -> SystemTime {
        let elapsed = self.monotonic.elapsed();
        self.wall.checked_add(elapsed).unwrap_or(self.wall)
    }
}
