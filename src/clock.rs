//! Timestamps that tolerate wall-clock adjustments.

use std::time::{Duration, Instant, SystemTime};

/// The wall clock, which tests and the fuzzer replace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClock(pub(crate) fn() -> SystemTime);

impl Default for WallClock {
    fn default() -> Self {
        Self(SystemTime::now)
    }
}

/// When a request was received. Later times of it are counted from there by the monotonic clock, so that a wall clock
/// that is set back makes no negative duration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    wall: SystemTime,
    monotonic: Instant,
}

impl Received {
    /// A request that is received now.
    ///
    /// The monotonic clock is read first: so the time [`after`](Self::after) what has elapsed is never before what the wall clock says then, and the
    /// spans within, which end by the wall clock, don't stick out of ours.
    pub(crate) fn now(clock: WallClock) -> Self {
        let monotonic = Instant::now();
        Self { wall: clock.0(), monotonic }
    }

    pub(crate) fn time(&self) -> SystemTime {
        self.wall
    }

    /// The span's start, and how far the gateway's clock is ahead: the gateway's time, or the receipt if the gateway sent
    /// no time or one in the future.
    pub(crate) fn start_of(&self, gateway_time: Option<SystemTime>) -> (SystemTime, Option<Duration>) {
        match gateway_time {
            None => (self.wall, None),
            Some(time) if time <= self.wall => (time, None),
            Some(time) => (self.wall, time.duration_since(self.wall).ok()),
        }
    }

    /// How long ago it was.
    pub(crate) fn elapsed(&self) -> Duration {
        self.monotonic.elapsed()
    }

    /// The time this long after the receipt, never before it.
    pub(crate) fn after(&self, elapsed: Duration) -> SystemTime {
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
        let received = Received::now(WallClock(|| RECEIVED));
        let table = [
            ("no time", None, (RECEIVED, None)),
            ("before the receipt", Some(before), (before, None)),
            ("at the receipt", Some(RECEIVED), (RECEIVED, None)),
            ("after the receipt", Some(after), (RECEIVED, Some(Duration::from_millis(5)))),
        ];
        for (name, gateway, expected) in table {
            assert_eq!(received.start_of(gateway), expected, "{name}");
        }
    }

    #[test]
    fn no_time_is_before_the_receipt() {
        let received = Received::now(WallClock(|| RECEIVED));
        assert!(received.after(received.elapsed()) >= received.time());
    }

    #[test]
    fn no_wall_clock_makes_a_negative_duration() {
        let fallen = SystemTime::now() - Duration::from_secs(3_600);
        for wall in [RECEIVED, fallen, fallen + Duration::from_secs(7_200)] {
            let received = Received { wall, monotonic: Instant::now() };
            let (start, _) = received.start_of(Some(SystemTime::now()));
            assert!(start <= received.after(received.elapsed()), "{wall:?}");
        }
    }
}
