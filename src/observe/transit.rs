//! The way of a request from the gateway to the application.

use std::time::{Duration, SystemTime};

use crate::clock::{Quality, StartTime};

/// Longer than any gateway waits for an application: a REST API streams for at most 15 minutes.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// When the gateway received a request, and when the application did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transit {
    pub(crate) start: StartTime,
    pub(crate) received: SystemTime,
    /// Whether the gateway's time has no fraction of a second.
    pub(crate) is_whole_second: bool,
    /// Whether the request has waited for the start of an AWS Lambda function. `None` elsewhere.
    pub(crate) is_cold_start: Option<bool>,
    /// How long the gateway waits for the application, if that is known.
    pub(crate) timeout: Option<Duration>,
}

impl Transit {
    /// The time from the gateway's receipt to the application's.
    ///
    /// `None` if the gateway sent no time, if its clock is ahead, or if the request is older than the gateway waits:
    /// then it was recorded and sent again, as an example pasted into a terminal is, and says nothing about the gateway.
    pub(crate) fn duration(&self) -> Option<Duration> {
        let StartTime { time, earliest, quality } = self.start;
        let age = self.received.duration_since(earliest).ok()?;
        let is_given = matches!(quality, Quality::Given | Quality::WholeSecond);
        let is_recent = age < self.timeout.unwrap_or(LONGEST_TIMEOUT);
        self.received.duration_since(time).ok().filter(|_| is_given && is_recent)
    }

    /// The same, unless the gateway's time may be the beginning of its second: an HTTP API whose `x-dd-proxy` is
    /// `aws-apigateway` looks like a REST API. One in a thousand of a REST API's requests is left out for that.
    pub(crate) fn exact_duration(&self) -> Option<Duration> {
        self.duration().filter(|_| !self.is_whole_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIVED: SystemTime = SystemTime::UNIX_EPOCH;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn only_a_recent_time_that_the_gateway_gave_counts() {
        let absent = Quality::Absent;
        let ahead = Quality::Clamped { ahead: ms(5) };
        // Quality; milliseconds before the receipt; in whole seconds; timeout in seconds; duration; exact.
        for (quality, before, is_whole_second, timeout, duration, exact) in [
            (Quality::Given, 150, false, Some(29), Some(150), Some(150)),
            (Quality::Given, 0, false, Some(29), Some(0), Some(0)),
            (Quality::Given, 150, true, Some(29), Some(150), None),
            (Quality::WholeSecond, 150, true, Some(30), Some(150), None),
            (Quality::Given, 28_999, false, Some(29), Some(28_999), Some(28_999)),
            (Quality::Given, 29_000, false, Some(29), None, None),
            (Quality::Given, 29_000, false, None, Some(29_000), Some(29_000)),
            (Quality::Given, 900_000, false, None, None, None),
            (absent, 0, false, Some(29), None, None),
            (ahead, 0, false, Some(29), None, None),
        ] {
            let time = RECEIVED - ms(before);
            let start = StartTime { time, earliest: time, quality };
            let timeout = timeout.map(Duration::from_secs);
            let transit = Transit { start, received: RECEIVED, is_whole_second, is_cold_start: None, timeout };
            let found = (transit.duration(), transit.exact_duration());
            assert_eq!(found, (duration.map(ms), exact.map(ms)), "{transit:?}");
        }
    }
}
