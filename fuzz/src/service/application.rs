//! The service inside the layer. It responds, fails, panics or stays pending as the plan says.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use apigateway_inferred_span::InferredSpan;
use http::{Request, Response};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TraceContextExt as _;
use tower_service::Service;

use super::body::ScriptedBody;
use super::events::{Event, Shared};
use super::input::{Outcome, Propagation};
use super::panics::deliberate_panic;
use super::telemetry::{propagator, Headers};

/// The error of the service and of its body.
#[derive(Debug)]
pub(crate) struct Failure;

/// A request body that the layer must pass on unchanged.
pub(crate) struct RequestBody(pub(crate) u8);

/// The service inside the layer.
pub(crate) struct Application {
    pub(crate) seen: Shared,
    pub(crate) panics: bool,
    /// Number of polls of the future that are pending.
    pub(crate) pending: u8,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) propagation: Propagation,
}

impl Service<Request<RequestBody>> for Application {
    type Response = Response<ScriptedBody>;
    type Error = Failure;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> ResponseFuture {
        assert_eq!(request.body().0, 7);
        let outcome = self.outcome.take().expect("called once");
        {
            let mut seen = self.seen.borrow_mut();
            seen.calls += 1;
            let current = opentelemetry::Context::current();
            seen.current = Some(current.span().span_context().clone());
            if self.propagation != Propagation::ExtractPanics {
                let empty = opentelemetry::Context::new();
                let named = propagator(self.propagation).extract_with_context(&empty, &Headers(request.headers()));
                seen.named = Some(named.span().span_context().clone());
            }
            let carried = request.extensions().get::<InferredSpan>();
            seen.carried = carried.map(InferredSpan::span_context);
            seen.headers = request.into_parts().0.headers;
            if self.panics {
                seen.events.push(Event::Panicked);
            }
        }
        if self.panics {
            deliberate_panic();
        }
        ResponseFuture { seen: Rc::clone(&self.seen), pending: self.pending % 4, outcome: Some(outcome) }
    }
}

/// Responds after some pending polls, if at all.
pub(crate) struct ResponseFuture {
    seen: Shared,
    pending: u8,
    outcome: Option<Outcome>,
}

impl ResponseFuture {
    fn event(&self, event: Event) {
        self.seen.borrow_mut().events.push(event);
    }
}

impl Drop for ResponseFuture {
    fn drop(&mut self) {
        self.event(Event::FutureDropped);
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<ScriptedBody>, Failure>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        assert_current(&self.seen);
        if self.pending > 0 {
            self.pending -= 1;
            return Poll::Pending;
        }
        match self.outcome.take() {
            None => panic!("polled after its end"),
            Some(Outcome::Never) => {
                self.outcome = Some(Outcome::Never);
                Poll::Pending
            }
            Some(Outcome::Panic) => {
                self.event(Event::Panicked);
                deliberate_panic();
            }
            Some(Outcome::Fail) => {
                self.event(Event::ServiceFailed);
                Poll::Ready(Err(Failure))
            }
            Some(Outcome::Respond(reply)) => Poll::Ready(Ok(reply.respond(&self.seen))),
        }
    }
}

/// Asserts that the span that was current in the call still is, unless the connection has been handed over.
pub(crate) fn assert_current(seen: &Shared) {
    if seen.borrow().events.iter().any(|event| matches!(event, Event::Responded { status: 101, .. })) {
        return;
    }
    let current = opentelemetry::Context::current();
    let current = current.span().span_context().clone();
    assert_eq!(seen.borrow().current, Some(current));
}
