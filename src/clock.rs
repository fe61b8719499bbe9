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

/// A gateway that knows the second alone received the request at most this much later.
const REST_OF_A_SECOND: Duration = Duration::from_millis(999);

/// When a gateway received a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartTime {
    /// What the span starts with.
    pub(crate) time: SystemTime,
    /// The earliest time that agrees with what the gateway said.
    pub(crate) earliest: SystemTime,
    pub(crate) quality: Quality,
}

/// How well the start is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    Given,
    /// To the second. The latest time in it is taken, or the receipt if that is earlier: gateways take milliseconds, so
    /// that this is nearer the truth than the beginning of the second.
    WholeSecond,
    /// The gateway's clock is ahead by this much: the receipt is taken.
    Clamped {
        ahead: Duration,
    },
    /// The gateway sent no time: the receipt is taken.
    Absent,
}

impl Received {
    /// A request that is received now.
    ///
    /// The monotonic clock is read first: so the time [`after`](Self::after) what has elapsed is never before what the
    /// wall clock says then, and the spans within, which end by the wall clock, don't stick out of ours.
    pub(crate) fn now(clock: WallClock) -> Self {
        let monotonic = Instant::now();
        Self { wall: clock.0(), monotonic }
    }

    pub(crate) fn time(&self) -> SystemTime {
        self.wall
    }

    pub(crate) fn monotonic(&self) -> Instant {
        self.monotonic
    }

    /// When the span starts, by the gateway's time. `to_the_second`: the gateway knows no fractions of a second.
    pub(crate) fn start_of(&self, gateway_time: Option<SystemTime>, to_the_second: bool) -> StartTime {
        let Some(time) = gateway_time else {
            return StartTime { time: self.wall, earliest: self.wall, quality: Quality::Absent };
        };
        match time.duration_since(self.wall) {
            Ok(ahead) if !ahead.is_zero() => {
                StartTime { time: self.wall, earliest: self.wall, quality: Quality::Clamped { ahead } }
            }
            _ if to_the_second => {
                let end = time.checked_add(REST_OF_A_SECOND).unwrap_or(time);
                StartTime { time: end.min(self.wall), earliest: time, quality: Quality::WholeSecond }
            }
            _ => StartTime { time, earliest: time, quality: Quality::Given },
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
        let ms = Duration::from_millis;
        let received = Received::now(WallClock(|| RECEIVED));
        let table = [
            (None, false, RECEIVED, RECEIVED, Quality::Absent),
            (Some(RECEIVED - ms(5)), false, RECEIVED - ms(5), RECEIVED - ms(5), Quality::Given),
            (Some(RECEIVED), false, RECEIVED, RECEIVED, Quality::Given),
            (Some(RECEIVED + ms(5)), false, RECEIVED, RECEIVED, Quality::Clamped { ahead: ms(5) }),
            (Some(RECEIVED - ms(400)), true, RECEIVED, RECEIVED - ms(400), Quality::WholeSecond),
            (Some(RECEIVED - ms(1_500)), true, RECEIVED - ms(501), RECEIVED - ms(1_500), Quality::WholeSecond),
            (Some(RECEIVED + ms(5)), true, RECEIVED, RECEIVED, Quality::Clamped { ahead: ms(5) }),
        ];
        for (gateway, to_the_second, time, earliest, quality) in table {
            let expected = StartTime { time, earliest, quality };
            assert_eq!(received.start_of(gateway, to_the_second), expected, "{gateway:?} {to_the_second}");
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
            let start = received.start_of(Some(SystemTime::now()), false);
            assert!(start.time <= received.after(received.elapsed()), "{wall:?}");
        }
    }
}
