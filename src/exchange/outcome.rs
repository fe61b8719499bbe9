//! Decides what became of an exchange.

use std::time::{Duration, SystemTime};

use super::state::{Failure, Phase, State};
use crate::error_statuses::ErrorStatuses;
use crate::observe::{ErrorType, Outcome};

/// What decides whether a response is an error.
#[derive(Debug)]
pub(super) struct Limits<'a> {
    pub(super) error_statuses: &'a ErrorStatuses,
    /// When the gateway received the request.
    pub(super) start: SystemTime,
    /// How long the gateway waits for the application, from then on.
    pub(super) timeout: Option<Duration>,
}

impl Limits<'_> {
    fn is_timeout(&self, now: SystemTime) -> bool {
        let age = now.duration_since(self.start).unwrap_or_default();
        self.timeout.is_some_and(|timeout| age >= timeout)
    }
}

/// The outcome if an exchange in this state ended now.
pub(super) fn outcome(state: &State, ended: SystemTime, limits: &Limits<'_>) -> Outcome {
    Outcome { ended, status: state.status(), error: error(state, ended, limits) }
}

/// The one place that decides `error.type`: what failed first, then the status.
fn error(state: &State, ended: SystemTime, limits: &Limits<'_>) -> Option<ErrorType> {
    let failed = match state.phase() {
        Phase::InCall => Some(ErrorType::Panic),
        Phase::Failed(Failure::Service) => Some(ErrorType::Service),
        Phase::Failed(Failure::Body) => Some(ErrorType::Body),
        Phase::Pending if limits.is_timeout(ended) => Some(ErrorType::Timeout),
        Phase::Pending => Some(ErrorType::Cancelled),
        Phase::Complete => None,
    };
    let error_status = || state.status().filter(|status| limits.error_statuses.contains(*status));
    failed.or_else(|| error_status().map(ErrorType::Status))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens after the head of a response.
    type Ending = fn(&mut State);

    #[test]
    fn what_failed_comes_before_the_status() {
        let (young, old) = (Duration::from_secs(1), Duration::from_secs(29));
        let nothing: Ending = |_| {};
        let in_call: Ending = |state| {
            state.enter();
        };
        let table = [
            (Some(200), young, State::mark_complete as Ending, None),
            (Some(200), old, State::mark_complete, None),
            (Some(503), young, State::mark_complete, Some(ErrorType::Status(503))),
            (Some(404), young, State::mark_complete, None),
            (None, young, nothing, Some(ErrorType::Cancelled)),
            (None, old, nothing, Some(ErrorType::Timeout)),
            (Some(200), young, nothing, Some(ErrorType::Cancelled)),
            (Some(500), old, nothing, Some(ErrorType::Timeout)),
            (None, young, in_call, Some(ErrorType::Panic)),
            (Some(500), old, in_call, Some(ErrorType::Panic)),
            (None, old, |state| state.fail(Failure::Service), Some(ErrorType::Service)),
            (Some(500), young, |state| state.fail(Failure::Body), Some(ErrorType::Body)),
        ];
        let start = SystemTime::UNIX_EPOCH;
        let limits = Limits { error_statuses: &ErrorStatuses::default(), start, timeout: Some(old) };
        for (number, (status, age, ending, expected)) in table.into_iter().enumerate() {
            let mut state = State::new(false);
            if let Some(status) = status {
                state.record_response(status, Some(10));
            }
            ending(&mut state);
            let outcome = super::outcome(&state, start + age, &limits);
            assert_eq!((outcome.status, outcome.error), (status, expected), "row {number}");
        }
    }

    #[test]
    fn without_a_timeout_a_cut_off_request_is_cancelled() {
        let start = SystemTime::UNIX_EPOCH;
        let limits = Limits { error_statuses: &ErrorStatuses::default(), start, timeout: None };
        let outcome = super::outcome(&State::new(false), SystemTime::now(), &limits);
        assert_eq!(outcome.error, Some(ErrorType::Cancelled));
    }
}
