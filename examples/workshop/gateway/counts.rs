//! The metrics that API Gateway sends to CloudWatch.

use std::collections::BTreeMap;
use std::time::Duration;

use super::access_log::Answered;
use super::integration::Outcome;
use crate::client::Statuses;
use crate::figures::Tally;
use crate::route::Route;

pub(crate) type Counts = BTreeMap<Route, Figures>;

/// Of the requests of one route.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// `Count`, `4XXError` and `5XXError`.
    pub(crate) all: Tally,
    /// Those that the gateway answered alone.
    pub(crate) alone: Tally,
    pub(crate) alone_by_status: Statuses,
    /// `Latency` of each request, that of the gateway's own answers included.
    pub(crate) latency: Vec<Duration>,
    /// `IntegrationLatency`
    pub(crate) integration: Vec<Duration>,
    /// The difference between the two.
    pub(crate) overhead: Vec<Duration>,
}

impl Figures {
    pub(super) fn add(&mut self, answered: &Answered<'_>) {
        let is_timeout = answered.integration.is_some_and(Outcome::is_timeout);
        self.all.add(answered.status, is_timeout, 1);
        self.latency.push(answered.latency);
        match answered.integration {
            Some(outcome) => {
                self.integration.push(outcome.latency);
                self.overhead.push(answered.latency.saturating_sub(outcome.latency));
            }
            None => {
                self.alone.add(answered.status, false, 1);
                *self.alone_by_status.entry(answered.status).or_default() += 1;
            }
        }
    }

    /// Those that reached the application.
    pub(crate) fn integrated(&self) -> Tally {
        self.all.without(self.alone)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.all = self.all.with(other.all);
        self.alone = self.alone.with(other.alone);
        for (status, count) in &other.alone_by_status {
            *self.alone_by_status.entry(*status).or_default() += count;
        }
        self.latency.extend(&other.latency);
        self.integration.extend(&other.integration);
        self.overhead.extend(&other.overhead);
    }
}
