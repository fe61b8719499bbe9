//! Decides what became of an exchange.

use std::time::{Duration, SystemTime};

use super::state::{Failure, Phase, State};
use crate::error_statuses::ErrorStatuses;
use crate::observe::{ErrorType, Outcome};

/// What decides whether a response is an error.
#[derive(Debug)]
pub(super) struct Limits<'a> {
    pub(super) error_statuses: &'a ErrorStatuses,
    /// How long the gateway waits for the application.
    pub(super) timeout: Option<Duration>,
}

/// What it means that an exchange of this state and age ends now.
pub(super) fn outcome(state: &State, age: Duration, ended: SystemTime, limits: &Limits<'_>) -> Outcome {
    Outcome { ended, status: state.status(), error: error(state, age, limits) }
}

/// The one place that decides `error.type`: what failed first, then the status.
fn error(state: &State, age: Duration, limits: &Limits<'_>) -> Option<ErrorType> {
    let failed = match state.phase() {
        Phase::InCall => Some(ErrorType::Panic),
        Phase::Failed(Failure::Service) => Some(ErrorType::Service),
        Phase::Failed(Failure::Body) => Some(ErrorType::Body),
        Phase::Pending if limits.timeout.is_some_and(|timeout| age >= timeout) => Some(ErrorType::Timeout),
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
        let limits = Limits { error_statuses: &ErrorStatuses::default(), timeout: Some(old) };
        for (number, (status, age, ending, expected)) in table.into_iter().enumerate() {
            let mut state = State::new(false);
            if let Some(status) = status {
                state.record_response(status, Some(10));
            }
            ending(&mut state);
            let outcome = super::outcome(&state, age, SystemTime::UNIX_EPOCH, &limits);
            assert_eq!((outcome.status, outcome.error), (status, expected), "row {number}");
        }
    }

    #[test]
    fn without_a_timeout_a_cut_off_request_is_cancelled() {
        let limits = Limits { error_statuses: &ErrorStatuses::default(), timeout: None };
        let outcome = super::outcome(&State::new(false), Duration::MAX, SystemTime::UNIX_EPOCH, &limits);
        assert_eq!(outcome.error, Some(ErrorType::Cancelled));
    }
}
