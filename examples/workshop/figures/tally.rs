//! The number of requests, of errors and of timeouts.

use std::fmt;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) client_errors: u64,
    pub(crate) server_errors: u64,
    /// Timeouts, which are server errors as well.
    pub(crate) timeouts: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, client_errors, server_errors, timeouts } = self;
        write!(f, "{count} requests, {client_errors} with 4xx, {server_errors} with 5xx, {timeouts} timeouts")
    }
}

impl Tally {
    /// Adds `count` requests with this status.
    pub(crate) fn add(&mut self, status: u16, is_timeout: bool, count: u64) {
        self.count += count;
        match status {
            400..=499 => self.client_errors += count,
            500..=599 => self.server_errors += count,
            _ => {}
        }
        if is_timeout {
            self.timeouts += count;
        }
    }

    pub(crate) fn with(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }

    fn each(self, other: Self, of: fn(u64, u64) -> u64) -> Self {
        Self {
            count: of(self.count, other.count),
            client_errors: of(self.client_errors, other.client_errors),
            server_errors: of(self.server_errors, other.server_errors),
            timeouts: of(self.timeouts, other.timeouts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_counted_by_class() {
        let mut all = Tally::default();
        let mut alone = Tally::default();
        for (status, is_timeout, count) in [(200, false, 3), (404, false, 2), (403, false, 1), (504, true, 1)] {
            all.add(status, is_timeout, count);
        }
        alone.add(403, false, 1);
        assert_eq!(all, Tally { count: 7, client_errors: 3, server_errors: 1, timeouts: 1 });
        assert_eq!(all.without(alone), Tally { count: 6, client_errors: 2, server_errors: 1, timeouts: 1 });
        assert_eq!(all.without(alone).with(alone), all);
    }
}
