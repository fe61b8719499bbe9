use std::fmt;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use pin_project_lite::pin_project;

use crate::exchange::{Exchange, Failure};

pin_project! {
    /// A response's body, of [`InferredSpanMiddleware`](super::InferredSpanMiddleware).
    pub struct ResponseBody<B> {
        // `None` once the body of an exchange has come to its end: what it held is dropped before the exchange, so that
        // the application's spans end before the gateway's.
        #[pin]
        inner: Option<B>,
        exchange: Option<Box<Exchange>>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(inner: B, exchange: Option<Box<Exchange>>) -> Self {
        Self { inner: Some(inner), exchange }
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}

impl<B: MessageBody> MessageBody for ResponseBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.as_ref().map_or(BodySize::Sized(0), B::size)
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(exchange) = this.exchange else {
            return inner.poll_next(cx);
        };
        let chunk = ready!(exchange.in_scope(|| inner.poll_next(cx)));
        match &chunk {
            Some(Ok(bytes)) => {
                exchange.record_sent(bytes.len() as u64);
                return Poll::Ready(chunk);
            }
            // Chunks may follow, if the server asks for them.
            Some(Err(_)) => {
                exchange.fail(Failure::Body);
                return Poll::Ready(chunk);
            }
            None => exchange.record_end(),
        }
        exchange.in_scope(|| this.inner.set(None));
        *this.exchange = None;
        Poll::Ready(chunk)
    }
}

/// The number of bytes of a response's body, if that is known beforehand.
pub(super) fn content_length(body: &impl MessageBody) -> Option<u64> {
    match body.size() {
        BodySize::None => Some(0),
        BodySize::Sized(length) => Some(length),
        BodySize::Stream => None,
    }
}
