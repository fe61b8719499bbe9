//! An exchange that was begun further out, on the runtime of AWS Lambda, for layers further in.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::Context;

use super::deadline::Deadline;
use super::exchange::Exchange;
use super::inferred_span::{Above, InferredSpan, NoExchange};
use super::state::State;
use super::strip::strip;
use crate::catch_panic::catch_panic;
use crate::clock::Received;
use crate::core::Core;
use crate::observe::{Ended, Observation, Outcome};
use crate::parent::{Parent, RequestParts};
use crate::request::{Headers, KeptHeaders, XRay};

/// What a layer further in finds in the current OpenTelemetry context.
pub(crate) struct Outer {
    /// The invocation's id, by which a request is known to belong to it.
    invocation: String,
    /// `None` if the layer has judged the event and begun nothing.
    exchange: Option<Begun>,
}

/// What an exchange further in shares with the outer one.
struct Begun {
    answer: Arc<Answer>,
    received: Received,
    deadline: Deadline,
    request: KeptHeaders,
}

/// Whose exchange it is, if there are several layers.
#[derive(Debug)]
pub(super) enum Place {
    Alone,
    /// What becomes of the answer is seen further in.
    Outer(Arc<Answer>),
    Inner,
}

impl Place {
    /// The outcome, with what others have seen of it.
    pub(super) fn complete(&self, own: Outcome) -> Outcome {
        match self {
            Self::Outer(answer) => answer.complete(own),
            Self::Alone | Self::Inner => own,
        }
    }
}

/// What layers further in have seen of the answer.
#[derive(Debug, Default)]
pub(super) struct Answer(Mutex<Option<Outcome>>);

impl Answer {
    fn add(&self, inner: Outcome) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some(seen.map_or(inner, |seen| seen.or(inner)));
    }

    fn complete(&self, own: Outcome) -> Outcome {
        let seen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.map_or(own, |seen| Outcome { ended: own.ended, elapsed: own.elapsed, ..seen.or(own) })
    }
}

impl Outcome {
    /// What was seen nearest to the application counts.
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

impl Outer {
    /// Has layers further in complete the exchange.
    pub(crate) fn new(invocation: &str, exchange: Option<&mut Exchange>) -> Self {
        let exchange = exchange.map(|exchange| {
            let answer = Arc::new(Answer::default());
            exchange.place = Place::Outer(Arc::clone(&answer));
            let request = exchange.inferred_span.headers().clone();
            Begun { answer, received: exchange.received, deadline: exchange.deadline, request }
        });
        Self { invocation: invocation.to_owned(), exchange }
    }

    /// The one of this invocation, if it is current.
    pub(crate) fn current(invocation: &str) -> Option<Context> {
        let context = Context::current();
        let is_ours = context.get::<Self>().is_some_and(|outer| outer.invocation == invocation);
        is_ours.then_some(context)
    }

    /// An exchange that hands over to the outer one what becomes of the answer. Its context is the current one, in which
    /// there may be the function's own span.
    pub(crate) fn join(core: &Arc<Core>, context: &Context, is_head: bool) -> Option<Box<Exchange>> {
        let begun = context.get::<Self>()?.exchange.as_ref()?;
        Some(Box::new(Exchange {
            core: Arc::clone(core),
            state: State::new(is_head),
            inferred_span: InferredSpan::new(Above::Other(context.clone()), begun.request.clone()),
            received: begun.received,
            deadline: begun.deadline,
            observations: vec![Box::new(HandOver(Arc::clone(&begun.answer)))],
            place: Place::Inner,
        }))
    }

    /// The same for a request, whose headers and extensions then name the current span.
    pub(crate) fn join_request(
        core: &Arc<Core>,
        context: &Context,
        is_head: bool,
        request: &mut impl RequestParts,
    ) -> Option<Box<Exchange>> {
        if request.has_extension::<InferredSpan>() || request.has_extension::<NoExchange>() {
            return None;
        }
        let exchange = Self::join(core, context, is_head);
        match &exchange {
            Some(exchange) => {
                request.insert_extension(exchange.inferred_span.clone());
                // Calls the application's propagator.
                catch_panic(|| name_current_span(core, context, request));
            }
            None => request.insert_extension(NoExchange),
        }
        strip(core, request);
        exchange
    }
}

fn name_current_span(core: &Core, context: &Context, request: &mut impl RequestParts) {
    let scanned = Headers::scan(request.pairs()).propagation;
    let parent = Parent::choose(&core.propagator, &*request, scanned, None, XRay::Ignore, true);
    let Parent { context: parent, read, .. } = parent;
    core.propagator.rewrite(request, read, &parent, context);
}

impl Exchange {
    /// The function to be called once the exchange has ended, unless an outer one calls it.
    pub(crate) fn flush(&self) -> Option<crate::flush::Flush> {
        let is_mine = matches!(self.place, Place::Alone);
        self.core.on_lambda.as_ref()?.flush.clone().filter(|_| is_mine)
    }

    /// The context that the application runs in.
    pub(crate) fn context(&self) -> &Context {
        self.inferred_span.context()
    }
}

impl fmt::Debug for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outer").field("invocation", &self.invocation).finish_non_exhaustive()
    }
}

struct HandOver(Arc<Answer>);

impl Observation for HandOver {
    fn end(self: Box<Self>, ended: &Ended<'_>) {
        self.0.add(*ended.outcome);
    }
}
