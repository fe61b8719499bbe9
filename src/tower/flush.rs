//! Flushing at the end of a response, where no layer further out does.

use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::Instant;

use tokio::runtime::Handle;

use crate::flush::{Flush, Flushing};

/// The flush that follows a response, if there is one. It also begins if the response never ends, when this is dropped;
/// then nobody waits for it.
#[derive(Debug, Default)]
pub(super) struct FlushAtEnd(Option<Box<State>>);

#[derive(Debug)]
enum State {
    Due { flush: Flush, last_moment: Option<Instant> },
    UnderWay(Flushing),
}

impl FlushAtEnd {
    pub(super) fn new(flush: Flush, last_moment: Option<Instant>) -> Self {
        Self(Some(Box::new(State::Due { flush, last_moment })))
    }

    #[inline]
    pub(super) fn is_due(&self) -> bool {
        self.0.is_some()
    }

    /// Begins to flush, after the exchange has ended.
    pub(super) fn start(&mut self) {
        if let Some(State::Due { flush, last_moment }) = self.0.as_deref() {
            self.0 = flush.start(*last_moment).map(|flushing| Box::new(State::UnderWay(flushing)));
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(State::UnderWay(flushing)) = self.0.as_deref_mut() {
            ready!(Pin::new(flushing).poll(cx));
            self.0 = None;
        }
        Poll::Ready(())
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_none()
    }
}

impl Drop for FlushAtEnd {
    fn drop(&mut self) {
        self.start();
        let (Some(state), Ok(runtime)) = (self.0.take(), Handle::try_current()) else { return };
        if let State::UnderWay(flushing) = *state {
            // Not just let go, so that one that hangs is noticed.
            runtime.spawn(flushing);
        }
    }
}
