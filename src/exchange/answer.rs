//! What layers further in see of an answer, for the exchange that was begun on the runtime of AWS Lambda.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::observe::{Outcome, Status};

/// Which layer an exchange belongs to, if there are several.
#[derive(Debug)]
pub(super) enum Place {
    Alone,
    /// On the runtime. What becomes of the answer is seen further in.
    Outer(Arc<Answer>),
    /// On a router, or round a handler.
    Inner(Arc<Answer>, Level),
}

/// Where a layer further in stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    Router,
    Handler,
}

/// What was seen so far. Of several attempts, the client gets the last one's response.
#[derive(Debug, Default)]
pub(super) struct Answer(Mutex<Seen>);

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    router: Option<Outcome>,
    handler: Option<Outcome>,
    /// Of a response that hasn't ended, which may be streamed until the function is killed.
    status: Option<u16>,
    sent: u64,
}

impl Place {
    /// That of a layer further in, which has another try at an answer.
    pub(super) fn inner(answer: &Arc<Answer>, level: Level) -> Self {
        answer.lock().forget(level);
        Self::Inner(Arc::clone(answer), level)
    }

    pub(super) fn response_begins(&self, status: u16) {
        if let Self::Inner(answer, _) = self {
            answer.lock().status = Some(status);
        }
    }

    pub(super) fn response_goes_on(&self, bytes: u64) {
        if let Self::Inner(answer, _) = self {
            let mut seen = answer.lock();
            seen.sent = seen.sent.saturating_add(bytes);
        }
    }

    /// Hands over to the layer further out what became of the answer.
    pub(super) fn hand_over(&self, outcome: &Outcome) {
        if let Self::Inner(answer, level) = self {
            let mut seen = answer.lock();
            seen.forget(*level);
            match level {
                Level::Router => seen.router = Some(*outcome),
                Level::Handler => seen.handler = Some(*outcome),
            }
        }
    }

    /// The outcome, with what others have seen of it. What was seen nearest to the application counts.
    pub(super) fn complete(&self, own: Outcome) -> Outcome {
        let Self::Outer(answer) = self else { return own };
        let seen = *answer.lock();
        let so_far = Outcome {
            status: seen.status.map(Status::Application),
            sent: seen.sent,
            after_timeout: false,
            error: None,
            ..own
        };
        let all = [seen.router, seen.handler, Some(so_far)].into_iter().flatten();
        Outcome { ended: own.ended, elapsed: own.elapsed, ..all.chain([own]).reduce(Outcome::or).unwrap_or(own) }
    }
}

impl Seen {
    fn forget(&mut self, level: Level) {
        match level {
            Level::Router => *self = Self { handler: self.handler, ..Self::default() },
            Level::Handler => self.handler = None,
        }
    }
}

impl Outcome {
    fn or(self, further_out: Self) -> Self {
        Self {
            sent: self.sent.max(further_out.sent),
            status: self.status.or(further_out.status),
            after_timeout: self.after_timeout | further_out.after_timeout,
            error: self.error.or(further_out.error),
            ..self
        }
    }
}

impl Answer {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
