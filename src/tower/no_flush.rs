//! Without the feature `lambda`, nothing is flushed at the end of a response.

use std::task::{Context, Poll};

#[derive(Debug, Default)]
pub(super) struct FlushAtEnd(());

impl FlushAtEnd {
    #[inline]
    pub(super) fn is_due(&self) -> bool {
        false
    }

    #[inline]
    pub(super) fn start(&mut self) {}

    #[inline]
    pub(super) fn poll(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    #[inline]
    pub(super) fn is_over(&self) -> bool {
        true
    }
}
