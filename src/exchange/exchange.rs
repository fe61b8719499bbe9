//! An exchange in progress.

use std::fmt;
use std::sync::Arc;

use super::deadline::Deadline;
use super::inferred_span::InferredSpan;
use super::outcome::{outcome, Circumstances};
use super::state::{Failure, Head, State};
use crate::catch_panic::catch_panic;
use crate::clock::Received;
use crate::core::Core;
use crate::hints;
use crate::observe::{Ended, Observation, Outcome};

/// A request that came through a gateway, in progress. Ends on drop, with the outcome recorded until then.
///
/// The service makes it, the future passes it to the response's body, and the last owner drops it: so whatever a server
/// does with a request, it ends once.
pub(crate) struct Exchange {
    pub(super) core: Arc<Core>,
    pub(super) state: State,
    pub(super) inferred_span: InferredSpan,
    pub(super) received: Received,
    pub(super) deadline: Deadline,
    pub(super) observations: Vec<Box<dyn Observation>>,
    #[cfg(feature = "lambda")]
    pub(super) place: super::answer::Place,
}

impl Exchange {
    /// Runs a step of the application below the gateway's span.
    pub(crate) fn in_scope<R>(&mut self, step: impl FnOnce() -> R) -> R {
        let before = self.state.enter();
        let result = {
            let _current = self.inferred_span.context().clone().attach();
            step()
        };
        self.state.leave(before);
        result
    }

    /// Records the response's head. `length` is that of its body in bytes, if known.
    pub(crate) fn record_response(&mut self, status: u16, length: Option<u64>) {
        let was_late = self.deadline.has_passed(self.received.elapsed());
        if was_late && !self.deadline.was_set {
            hints::after_default_timeout();
        }
        self.state.record_response(Head { status, was_late }, length);
        self.inferred_span.record_status(status, self.core.error_statuses.contains(status));
        #[cfg(feature = "lambda")]
        self.place.response_begins(status);
    }

    /// Whether the response's head hands the connection over to another protocol, such as WebSocket: what follows is
    /// no response of this exchange.
    pub(crate) fn is_upgraded(&self) -> bool {
        self.state.is_upgraded()
    }

    /// Records `bytes` of body handed to the server.
    pub(crate) fn record_sent(&mut self, bytes: u64) {
        self.state.record_sent(bytes);
        #[cfg(feature = "lambda")]
        self.place.response_goes_on(bytes);
    }

    /// Records that the body has come to its end; dropping it is no cancellation from now on.
    pub(crate) fn record_end(&mut self) {
        self.state.record_end();
    }

    /// Records a gRPC status, of a head without a body or of trailers.
    pub(crate) fn record_grpc_status(&mut self, status: &[u8]) {
        self.state.record_grpc_status(status);
    }

    /// Records that the application failed.
    pub(crate) fn fail(&mut self, failure: Failure) {
        self.state.fail(failure);
    }

    fn outcome(&self) -> Outcome {
        let elapsed = self.received.elapsed();
        let own = outcome(
            &self.state,
            &Circumstances {
                error_statuses: &self.core.error_statuses,
                proxy: self.inferred_span.headers().proxy(),
                deadline: self.deadline,
                elapsed,
                ended: self.received.after(elapsed),
            },
        );
        #[cfg(feature = "lambda")]
        let own = self.place.complete(own);
        own
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // Each guarded alone: one that panics must not take the others along, nor abort the process if the
        // application's panic is what drops the exchange.
        self.inferred_span.end_server_span();
        let outcome = self.outcome();
        #[cfg(feature = "lambda")]
        self.place.hand_over(&outcome);
        if let Some(span) = self.inferred_span.gateway_span() {
            catch_panic(|| span.end(&outcome));
        }
        if self.observations.is_empty() {
            return;
        }
        let ended = Ended {
            outcome: &outcome,
            headers: self.inferred_span.headers(),
            context: self.inferred_span.context(),
            personal: self.core.span.personal,
        };
        for observation in self.observations.drain(..) {
            catch_panic(|| observation.end(&ended));
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("state", &self.state)
            .field("inferred_span", &self.inferred_span)
            .finish_non_exhaustive()
    }
}
