//! How far an exchange has come.

use crate::observe::GrpcError;

/// How far a response has come, and what dropping it now would mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    is_head: bool,
    head: Option<Head>,
    /// Bytes of the body still to come, if known.
    remaining: Option<u64>,
    /// Bytes of the body that the server took.
    sent: u64,
    grpc_error: Option<GrpcError>,
    phase: Phase,
}

/// The head of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Whether the gateway had given up by then.
    pub(super) was_late: bool,
}

/// What dropping the exchange in this phase means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The response is incomplete: it was cut off.
    Pending,
    /// A call into the application is on the stack; a drop now means it panicked.
    InCall,
    /// The response is complete.
    Complete,
    /// The application failed without a panic.
    Failed(Failure),
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Service,
    Body,
    /// The function's time is nearly over, after which it is killed.
    #[cfg_attr(not(feature = "lambda"), allow(dead_code))]
    Deadline,
}

impl State {
    pub(super) fn new(is_head: bool) -> Self {
        Self { is_head, head: None, remaining: None, sent: 0, grpc_error: None, phase: Phase::Pending }
    }

    /// Marks that a call into the application begins. Returns the previous phase, for [`leave`](Self::leave).
    pub(super) fn enter(&mut self) -> Phase {
        std::mem::replace(&mut self.phase, Phase::InCall)
    }

    /// Marks that the call has returned. Not reached if it panicked.
    pub(super) fn leave(&mut self, before: Phase) {
        self.phase = before;
    }

    /// Records the response's head. `length` is that of its body in bytes, if known.
    pub(super) fn record_response(&mut self, head: Head, length: Option<u64>) {
        let has_no_body = self.is_head || matches!(head.status, 100..=199 | 204 | 304);
        self.head = Some(head);
        self.remaining = length.filter(|_| !has_no_body);
        if has_no_body || length == Some(0) {
            self.phase = Phase::Complete;
        }
    }

    /// Records `bytes` of body handed to the server. Servers drop a body once it has yielded its announced length,
    /// without polling for the end.
    pub(super) fn record_sent(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.saturating_sub(bytes);
            if *remaining == 0 {
                self.record_end();
            }
        }
    }

    /// Records that the body has come to its end: dropping it is no cancellation from now on. A body that is shorter
    /// than announced has failed, because the client can't tell its end.
    pub(super) fn record_end(&mut self) {
        if self.phase == Phase::Pending {
            let is_short = self.remaining.is_some_and(|remaining| remaining > 0);
            self.phase = if is_short { Phase::Failed(Failure::Body) } else { Phase::Complete };
        }
    }

    /// Records a gRPC status, of a head without a body or of trailers.
    pub(super) fn record_grpc_status(&mut self, status: &[u8]) {
        self.grpc_error = GrpcError::from_status(status);
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.phase = Phase::Failed(failure);
    }

    pub(super) fn head(&self) -> Option<Head> {
        self.head
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    pub(super) fn grpc_error(&self) -> Option<GrpcError> {
        self.grpc_error
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the connection now belongs to another protocol, such as WebSocket.
    pub(super) fn is_upgraded(&self) -> bool {
        self.head.is_some_and(|head| head.status == 101)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn responded(is_head: bool, status: u16, length: Option<u64>) -> State {
        let mut state = State::new(is_head);
        state.record_response(Head { status, was_late: false }, length);
        state
    }

    #[test]
    fn responses_without_a_body_are_complete_at_once() {
        for (is_head, status, length, phase) in [
            (false, 200, Some(0), Phase::Complete),
            (true, 200, Some(10), Phase::Complete),
            (true, 200, None, Phase::Complete),
            (false, 101, None, Phase::Complete),
            (false, 204, None, Phase::Complete),
            (false, 304, Some(10), Phase::Complete),
            (false, 200, Some(10), Phase::Pending),
            (false, 404, None, Phase::Pending),
        ] {
            assert_eq!(responded(is_head, status, length).phase(), phase, "{is_head} {status} {length:?}");
        }
    }

    #[test]
    fn a_body_is_complete_when_its_announced_length_is_sent() {
        let mut state = responded(false, 200, Some(10));
        state.record_sent(4);
        assert_eq!(state.phase(), Phase::Pending);
        state.record_sent(6);
        assert_eq!((state.phase(), state.sent()), (Phase::Complete, 10));
    }

    #[test]
    fn a_body_shorter_than_announced_has_failed() {
        let mut state = responded(false, 200, Some(10));
        state.record_sent(4);
        state.record_end();
        assert_eq!(state.phase(), Phase::Failed(Failure::Body));
    }

    #[test]
    fn what_follows_a_failure_doesnt_mend_it() {
        let mut state = responded(false, 200, Some(10));
        state.fail(Failure::Body);
        state.record_sent(10);
        state.record_end();
        assert_eq!(state.phase(), Phase::Failed(Failure::Body));
    }

    #[test]
    fn a_body_of_unknown_length_is_complete_at_its_end() {
        let mut state = responded(false, 200, None);
        state.record_sent(u64::MAX);
        assert_eq!(state.phase(), Phase::Pending);
        state.record_end();
        assert_eq!(state.phase(), Phase::Complete);
    }

    #[test]
    fn a_call_that_returns_leaves_the_phase_as_it_was() {
        let mut state = State::new(false);
        let before = state.enter();
        assert_eq!(state.phase(), Phase::InCall);
        state.leave(before);
        assert_eq!(state, State::new(false));
    }
}
