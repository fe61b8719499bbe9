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

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIVED: SystemTime = SystemTime::UNIX_EPOCH;

    #[test]
    fn gateway_time_is_clamped_to_the_receipt() {
        let (before, after) = (RECEIVED - Duration::from_millis(5), RECEIVED + Duration::from_millis(5));
        let receipt = Receipt::now(Clock(|| RECEIVED));
        let table = [
            ("no time", None, (RECEIVED, None)),
            ("before the receipt", Some(before), (before, None)),
            ("at the receipt", Some(RECEIVED), (RECEIVED, None)),
            ("after the receipt", Some(after), (RECEIVED, Some(Duration::from_millis(5)))),
        ];
        for (name, gateway, expected) in table {
            assert_eq!(receipt.clamp(gateway), expected, "{name}");
        }
    }

    #[test]
    fn present_is_never_before_the_receipt() {
        let receipt = Receipt::now(Clock(|| RECEIVED));
        assert!(receipt.present() >= receipt.time());
    }
}
