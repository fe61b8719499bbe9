//! Without the feature `lambda`, nothing is flushed at the end of a response.

use std::task::{Context, Poll};

use crate::exchange::Exchange;

#[derive(Debug, Default)]
pub(super) struct FlushAtEnd(());

impl FlushAtEnd {
    #[inline]
    pub(super) fn end(&mut self, exchange: Option<Box<Exchange>>) {
        drop(exchange);
    }

    #[inline]
    pub(super) fn poll(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    #[inline]
    pub(super) fn is_over(&self) -> bool {
        true
    }
}
