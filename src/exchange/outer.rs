//! Exchanges that were begun further out, on the runtime of AWS Lambda, for layers further in.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{TraceContextExt as _, TraceId};
use opentelemetry::Context;

use super::answer::{Answer, Level, Place};
use super::deadline::Deadline;
use super::exchange::Exchange;
use super::inferred_span::{Above, InferredSpan, NoExchange};
use super::state::State;
use super::strip::strip;
use crate::catch_panic::catch_panic;
use crate::clock::Received;
use crate::core::Core;
use crate::hints;
use crate::parent::{Parent, RequestParts};
use crate::request::{Headers, KeptHeaders, XRay};

/// The invocations that the layer on the runtime has looked at, and that are in progress.
///
/// Not kept in the current OpenTelemetry context alone: between the layers an application may change the task, or enter a
/// span that it made earlier, and two gateway spans would be made. There are as many as the function works on at once.
static IN_PROGRESS: Mutex<Vec<Arc<Outer>>> = Mutex::new(Vec::new());

fn in_progress() -> MutexGuard<'static, Vec<Arc<Outer>>> {
    IN_PROGRESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An invocation that a layer further out has looked at.
pub(crate) struct Outer {
    /// By which a request is known to belong to it.
    id: String,
    core: Arc<Core>,
    /// `None` if the layer has judged the event and begun nothing.
    exchange: Option<Begun>,
}

/// What an exchange further in shares with the outer one.
struct Begun {
    answer: Arc<Answer>,
    received: Received,
    deadline: Deadline,
    request: KeptHeaders,
    context: Context,
}

/// Takes the invocation out of those in progress when it is dropped.
#[derive(Debug)]
pub(crate) struct Entered(Arc<Outer>);

impl Entered {
    /// Runs a step of the function in the gateway's context, if there is one.
    pub(crate) fn in_scope<R>(&self, step: impl FnOnce() -> R) -> R {
        let _current = self.0.exchange.as_ref().map(|begun| begun.context.clone().attach());
        step()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        in_progress().retain(|other| !Arc::ptr_eq(other, &self.0));
    }
}

impl Outer {
    /// Has layers further in complete the exchange, or leave the invocation alone if there is none.
    pub(crate) fn enter(id: &str, core: &Arc<Core>, exchange: Option<&mut Exchange>) -> Entered {
        let exchange = exchange.map(|exchange| {
            let answer = Arc::new(Answer::default());
            exchange.place = Place::Outer(Arc::clone(&answer));
            let request = exchange.inferred_span.headers().clone();
            let context = exchange.inferred_span.context().clone();
            Begun { answer, received: exchange.received, deadline: exchange.deadline, request, context }
        });
        let outer = Arc::new(Self { id: id.to_owned(), core: Arc::clone(core), exchange });
        in_progress().push(Arc::clone(&outer));
        Entered(outer)
    }

    /// The one of this invocation.
    pub(crate) fn of(id: &str) -> Option<Arc<Self>> {
        in_progress().iter().find(|outer| outer.id == id).cloned()
    }

    /// Whether the layer further out is there for flushing alone.
    pub(crate) fn is_off(&self) -> bool {
        self.core.is_off
    }

    /// Whether the layer further out flushes.
    pub(crate) fn flushes(&self) -> bool {
        self.core.on_lambda.as_ref().is_some_and(|on_lambda| on_lambda.flush.is_some())
    }

    /// An exchange that hands over to the outer one what becomes of the answer. `None` if there is no outer one.
    pub(crate) fn join(&self, core: &Arc<Core>, level: Level, is_head: bool) -> Option<Box<Exchange>> {
        if !Arc::ptr_eq(core, &self.core) {
            hints::another_layer();
        }
        let begun = self.exchange.as_ref()?;
        Some(Box::new(Exchange {
            core: Arc::clone(core),
            state: State::new(is_head),
            inferred_span: InferredSpan::new(Above::Other(begun.current()), begun.request.clone()),
            received: begun.received,
            deadline: begun.deadline,
            observations: Vec::new(),
            place: Place::inner(&begun.answer, level),
        }))
    }

    /// The same for a request, whose headers and extensions then name the span that is current.
    pub(crate) fn join_request(
        &self,
        core: &Arc<Core>,
        is_head: bool,
        request: &mut impl RequestParts,
    ) -> Option<Box<Exchange>> {
        if request.has_extension::<InferredSpan>() || request.has_extension::<NoExchange>() {
            return None;
        }
        let exchange = self.join(core, Level::Router, is_head);
        match &exchange {
            Some(exchange) => {
                request.insert_extension(exchange.inferred_span.clone());
                // Calls the application's propagator.
                catch_panic(|| name_span(core, exchange.inferred_span.context(), request));
            }
            None => request.insert_extension(NoExchange),
        }
        strip(core, request);
        exchange
    }
}

impl Begun {
    /// The current context, if it is below the gateway's: there may be the function's own span in it.
    fn current(&self) -> Context {
        let trace = |context: &Context| -> TraceId { context.span().span_context().trace_id() };
        let is_below = Context::map_current(|current| trace(current) == trace(&self.context));
        if is_below {
            Context::current()
        } else {
            self.context.clone()
        }
    }
}

fn name_span(core: &Core, context: &Context, request: &mut impl RequestParts) {
    let scanned = Headers::scan(request.pairs()).propagation;
    let parent = Parent::choose(&core.propagator, &*request, scanned, None, XRay::Ignore, true);
    let Parent { context: parent, read, .. } = parent;
    core.propagator.rewrite(request, read, &parent, context);
}

impl fmt::Debug for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outer").field("id", &self.id).finish_non_exhaustive()
    }
}
