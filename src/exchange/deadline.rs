//! When the gateway gives up.

use std::time::Duration;

use crate::request::Proxy;

/// A request that is dropped this much earlier was cut off by the gateway all the same, which does so by its own clock.
const TOLERANCE: Duration = Duration::from_millis(250);

/// How long the gateway waits for the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadline {
    /// From the receipt on, by the monotonic clock. `None` if it isn't known.
    after_receipt: Option<Duration>,
    /// Whether it was set, and isn't the gateway's default.
    pub(super) was_set: bool,
}

impl Deadline {
    /// `age` is that of the request when it was received. One that is older than its timeout was sent by no gateway
    /// now: it was recorded and sent again, or clocks differ. Nothing is known of its timeout.
    pub(super) fn new(set: Option<Duration>, proxy: Proxy, age: Duration) -> Self {
        let timeout = set.or(proxy.integration_timeout());
        Self { after_receipt: timeout.and_then(|timeout| timeout.checked_sub(age)), was_set: set.is_some() }
    }

    /// Whether a response that begins this long after the receipt is too late.
    pub(super) fn has_passed(&self, elapsed: Duration) -> bool {
        self.after_receipt.is_some_and(|wait| elapsed >= wait)
    }

    /// Whether it was the gateway that dropped a request this long after the receipt.
    pub(super) fn explains_a_drop(&self, elapsed: Duration) -> bool {
        self.has_passed(elapsed.saturating_add(TOLERANCE))
    }
}

#[cfg(test)]
mod tests {
    use super::Deadline;
    use crate::request::Proxy;
    use std::time::Duration;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_gateways_time_counts_from_its_own_receipt() {
        let set = Some(ms(60_000));
        // Set; gateway; age at the receipt; time since then; too late; explains a drop.
        for (set, proxy, age, elapsed, is_late, explains) in [
            (None, Proxy::RestApi, 0, 28_000, false, false),
            (None, Proxy::RestApi, 0, 28_800, false, true),
            (None, Proxy::RestApi, 100, 28_900, true, true),
            (None, Proxy::HttpApi, 0, 29_100, false, false),
            (None, Proxy::HttpApi, 0, 30_000, true, true),
            (set, Proxy::RestApi, 0, 40_000, false, false),
            (set, Proxy::RestApi, 20_000, 40_000, true, true),
            (None, Proxy::AzureFrontDoor, 0, 600_000, false, false),
            // Older than its timeout when it was received.
            (None, Proxy::RestApi, 29_001, 0, false, false),
            (None, Proxy::RestApi, 29_001, 60_000, false, false),
        ] {
            let deadline = Deadline::new(set, proxy, ms(age));
            let found = (deadline.has_passed(ms(elapsed)), deadline.explains_a_drop(ms(elapsed)));
            assert_eq!(found, (is_late, explains), "{set:?} {proxy} {age} {elapsed}");
        }
    }
}
