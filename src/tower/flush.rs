//! Flushing at the end of a response, where no layer further out does.

use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use crate::exchange::Exchange;
use crate::flush::Flushing;

/// The flush that follows an exchange, if there is one.
#[derive(Debug, Default)]
pub(super) struct FlushAtEnd(Option<Flushing>);

impl FlushAtEnd {
    /// Ends the exchange, and begins to flush.
    pub(super) fn end(&mut self, exchange: Option<Box<Exchange>>) {
        let flush = exchange.as_ref().and_then(|exchange| exchange.flush());
        drop(exchange);
        self.0 = flush.and_then(|flush| flush.start());
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(flushing) = &mut self.0 {
            ready!(Pin::new(flushing).poll(cx));
            self.0 = None;
        }
        Poll::Ready(())
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_none()
    }
}
