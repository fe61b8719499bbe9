//! Decides what became of an exchange.

use std::time::{Duration, SystemTime};

use super::deadline::Deadline;
use super::state::{Failure, Head, Phase, State};
use crate::error_statuses::ErrorStatuses;
use crate::observe::{ErrorType, Outcome, Status};
use crate::request::Proxy;

/// What decides the outcome, besides the state.
#[derive(Debug)]
pub(super) struct Circumstances<'a> {
    pub(super) error_statuses: &'a ErrorStatuses,
    pub(super) proxy: Proxy,
    pub(super) deadline: Deadline,
    /// Since the receipt.
    pub(super) elapsed: Duration,
    pub(super) ended: SystemTime,
}

/// The outcome if an exchange in this state ended now.
pub(super) fn outcome(state: &State, now: &Circumstances<'_>) -> Outcome {
    let error = error(state, now);
    let (status, after_timeout) = match state.head() {
        Some(head) if !(error == Some(ErrorType::Timeout) && is_too_late(head, now)) => {
            (Some(Status::Application(head.status)), head.was_late && !now.deadline.was_set)
        }
        // What a gateway answers for a function that is killed depends on the kind of API.
        _ if is_killed(state) && !now.deadline.explains_a_drop(now.elapsed) => (None, false),
        // The client never saw what was answered too late, or not at all, but the gateway's own answer.
        _ if error == Some(ErrorType::Timeout) => (now.proxy.timeout_status().map(Status::Inferred), false),
        _ => (None, false),
    };
    Outcome { ended: now.ended, elapsed: now.elapsed, sent: state.sent(), status, after_timeout, error }
}

fn is_killed(state: &State) -> bool {
    state.phase() == Phase::Failed(Failure::Deadline)
}

/// Whether the gateway certainly passed on nothing of this response. Later than the default timeout, a response may be
/// healthy: the API's limit may have been raised.
fn is_too_late(head: Head, now: &Circumstances<'_>) -> bool {
    head.was_late && now.deadline.was_set
}

/// The one place that decides `error.type`: what failed first, then the status.
fn error(state: &State, now: &Circumstances<'_>) -> Option<ErrorType> {
    match state.phase() {
        Phase::InCall => return Some(ErrorType::Panic),
        Phase::Failed(Failure::Service) => return Some(ErrorType::Service),
        Phase::Failed(Failure::Body) => return Some(ErrorType::Body),
        Phase::Failed(Failure::Deadline) => return Some(ErrorType::Timeout),
        _ if state.head().is_some_and(|head| is_too_late(head, now)) => return Some(ErrorType::Timeout),
        // On the runtime of AWS Lambda, which shows no head, the end is when the answer has been sent.
        Phase::Complete if state.head().is_none() && now.deadline.was_set && now.deadline.has_passed(now.elapsed) => {
            return Some(ErrorType::Timeout)
        }
        Phase::Pending if now.deadline.explains_a_drop(now.elapsed) => return Some(ErrorType::Timeout),
        Phase::Pending => return Some(ErrorType::Cancelled),
        Phase::Complete => {}
    }
    let status = state.head().map(|head| head.status);
    let error_status = || status.filter(|status| now.error_statuses.contains(*status)).map(ErrorType::Status);
    state.grpc_error().map(ErrorType::Grpc).or_else(error_status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: Option<Duration> = Some(Duration::from_secs(60));

    /// What happens after the head of a response.
    type Ending = fn(&mut State);

    struct Row {
        name: &'static str,
        head: Option<Head>,
        then: Ending,
        set: Option<Duration>,
        seconds: u64,
        status: Option<Status>,
        after_timeout: bool,
        error: Option<ErrorType>,
    }

    fn row(name: &'static str) -> Row {
        Row { name, head: None, then: |_| {}, set: None, seconds: 1, status: None, after_timeout: false, error: None }
    }

    fn head(status: u16) -> Option<Head> {
        Some(Head { status, was_late: false })
    }

    fn late(status: u16) -> Option<Head> {
        Some(Head { status, was_late: true })
    }

    fn application(status: u16) -> Option<Status> {
        Some(Status::Application(status))
    }

    const GATEWAYS: Option<Status> = Some(Status::Inferred(504));

    fn rows() -> Vec<Row> {
        let end: Ending = State::record_end;
        let whole: Ending = |state| state.record_sent(10);
        let panics: Ending = |state| {
            state.enter();
        };
        let breaks: Ending = |state| state.fail(Failure::Body);
        let timeout = Some(ErrorType::Timeout);
        vec![
            Row { head: head(200), then: whole, status: application(200), ..row("whole") },
            Row { head: head(404), then: whole, status: application(404), ..row("no error status") },
            Row {
                head: head(503),
                then: whole,
                status: application(503),
                error: Some(ErrorType::Status(503)),
                ..row("an error status")
            },
            Row { head: head(200), then: end, status: application(200), error: Some(ErrorType::Body), ..row("short") },
            Row { error: Some(ErrorType::Cancelled), ..row("dropped before the head") },
            Row { seconds: 29, status: GATEWAYS, error: timeout, ..row("dropped before the head, after the timeout") },
            Row {
                seconds: 29,
                set: SET,
                error: Some(ErrorType::Cancelled),
                ..row("dropped before a timeout that was set")
            },
            Row {
                head: head(200),
                status: application(200),
                error: Some(ErrorType::Cancelled),
                ..row("dropped amid the body")
            },
            Row {
                head: head(500),
                seconds: 29,
                status: application(500),
                error: timeout,
                ..row("dropped amid the body, after the timeout")
            },
            Row {
                head: head(200),
                then: whole,
                seconds: 40,
                status: application(200),
                ..row("in time, and a body that ends late")
            },
            Row {
                head: late(200),
                then: whole,
                seconds: 40,
                status: application(200),
                after_timeout: true,
                ..row("after the default timeout")
            },
            Row {
                head: late(200),
                then: whole,
                set: SET,
                seconds: 61,
                status: GATEWAYS,
                error: timeout,
                ..row("after a timeout that was set")
            },
            Row {
                head: late(200),
                seconds: 40,
                status: application(200),
                after_timeout: true,
                error: timeout,
                ..row("after the default timeout, and dropped amid the body")
            },
            Row { then: end, seconds: 40, ..row("an end without a head, after the default timeout") },
            Row {
                then: end,
                set: SET,
                seconds: 61,
                status: GATEWAYS,
                error: timeout,
                ..row("an end without a head, after a timeout that was set")
            },
            Row { then: panics, error: Some(ErrorType::Panic), ..row("a panic") },
            Row {
                head: head(500),
                then: panics,
                seconds: 29,
                status: application(500),
                error: Some(ErrorType::Panic),
                ..row("a panic amid the body")
            },
            Row { then: |state| state.fail(Failure::Service), error: Some(ErrorType::Service), ..row("no response") },
            Row { then: |state| state.fail(Failure::Deadline), error: timeout, ..row("a function that is killed") },
            Row {
                then: |state| state.fail(Failure::Deadline),
                seconds: 29,
                status: GATEWAYS,
                error: timeout,
                ..row("a function that is killed after the timeout")
            },
            Row {
                head: head(500),
                then: breaks,
                status: application(500),
                error: Some(ErrorType::Body),
                ..row("an error status, and a body that breaks")
            },
            Row {
                head: head(200),
                then: |state| {
                    state.record_grpc_status(b"13");
                    state.record_sent(10);
                },
                status: application(200),
                error: Some(ErrorType::Grpc(crate::observe::GrpcError::Internal)),
                ..row("a gRPC error")
            },
        ]
    }

    #[test]
    fn what_failed_comes_before_the_status() {
        for row in rows() {
            let mut state = State::new(false);
            if let Some(head) = row.head {
                state.record_response(head, Some(10));
            }
            (row.then)(&mut state);
            let ended = SystemTime::UNIX_EPOCH;
            let now = Circumstances {
                error_statuses: &ErrorStatuses::default(),
                proxy: Proxy::RestApi,
                deadline: Deadline::new(row.set, Proxy::RestApi, Duration::ZERO),
                elapsed: Duration::from_secs(row.seconds),
                ended,
            };
            let Row { status, after_timeout, error, .. } = row;
            let (elapsed, sent) = (now.elapsed, state.sent());
            let expected = Outcome { ended, elapsed, sent, status, after_timeout, error };
            assert_eq!(outcome(&state, &now), expected, "{}", row.name);
        }
    }
}
