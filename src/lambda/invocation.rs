//! An invocation in progress.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::Instant;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::exchange::{Entered, Exchange, Failure};
use crate::flush::{Flush, Flushing};

/// What goes along with an invocation.
#[derive(Default)]
pub(super) struct Watch {
    pub(super) exchange: Option<Box<Exchange>>,
    /// Kept until the function has ended, also if the exchange ends before, so that layers further in begin no other one.
    pub(super) entered: Option<Entered>,
    /// When the function's time is nearly over.
    pub(super) deadline: Option<Pin<Box<Sleep>>>,
    pub(super) flush: Option<Flush>,
    /// Until when the invocation may wait for it.
    pub(super) last_moment: Option<Instant>,
    pub(super) flushing: Option<Flushing>,
    /// There is more to send than what is being flushed.
    pub(super) has_more: bool,
}

impl Watch {
    /// Runs a step of the function. It stays in the gateway's context after the exchange has ended at the deadline, so that
    /// its spans stay in the trace.
    pub(super) fn in_scope<R>(&mut self, step: impl FnOnce() -> R) -> R {
        match (&mut self.exchange, &self.entered) {
            (Some(exchange), _) => exchange.in_scope(step),
            (None, Some(entered)) => entered.in_scope(step),
            (None, None) => step(),
        }
    }

    /// Ends the exchange if the function is about to be killed, and sends what is left.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) {
        let is_over = self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready());
        if is_over {
            self.deadline = None;
            if let Some(mut exchange) = self.exchange.take() {
                exchange.fail(Failure::Deadline);
            }
            self.start_flush();
        }
        // Nobody waits for it; it is polled for what it has to say.
        let _ = self.poll_flush(cx);
    }

    /// Ends the exchange after the function, and sends what is left.
    fn end(&mut self, failed: bool) {
        self.deadline = None;
        if let Some(mut exchange) = self.exchange.take() {
            match failed {
                true => exchange.fail(Failure::Service),
                false => exchange.record_end(),
            }
        }
        match self.flushing {
            // Begun at the deadline, before the last spans ended.
            Some(_) => self.has_more = true,
            None => self.start_flush(),
        }
    }

    fn start_flush(&mut self) {
        self.flushing = self.flush.as_ref().and_then(|flush| flush.start(self.last_moment));
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(flushing) = &mut self.flushing {
            ready!(Pin::new(flushing).poll(cx));
            self.flushing = None;
            if std::mem::take(&mut self.has_more) {
                self.start_flush();
            }
        }
        Poll::Ready(())
    }
}

pin_project! {
    /// An invocation in progress, of [`InferredSpanService`](crate::tower::InferredSpanService) on the runtime of AWS Lambda.
    #[must_use = "futures do nothing unless polled"]
    pub struct InvocationFuture<F, E> {
        // Dropped before the exchange, so that the function's spans end before the gateway's.
        #[pin]
        inner: Option<F>,
        watch: Watch,
        result: Option<Result<(), E>>,
    }
}

impl<F, E> InvocationFuture<F, E> {
    pub(super) fn new(inner: F, watch: Watch) -> Self {
        Self { inner: Some(inner), watch, result: None }
    }
}

impl<F, E> Future for InvocationFuture<F, E>
where
    F: Future<Output = Result<(), E>>,
{
    type Output = Result<(), E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(inner) = this.inner.as_mut().as_pin_mut() {
            match this.watch.in_scope(|| inner.poll(cx)) {
                Poll::Pending => {
                    this.watch.poll_deadline(cx);
                    return Poll::Pending;
                }
                Poll::Ready(result) => {
                    // What it holds ends before the exchange.
                    this.watch.in_scope(|| this.inner.set(None));
                    this.watch.end(result.is_err());
                    *this.result = Some(result);
                }
            }
        }
        ready!(this.watch.poll_flush(cx));
        this.result.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<F, E> fmt::Debug for InvocationFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvocationFuture").field("exchange", &self.watch.exchange).finish_non_exhaustive()
    }
}
