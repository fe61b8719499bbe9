use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Buf;
use http::{header::CONTENT_LENGTH, HeaderName, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::flush::FlushAtEnd;
use crate::exchange::{Exchange, Failure};

/// gRPC's status, in trailers or, without a body, in the head.
pub(super) static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

pin_project! {
    /// A response's body, of [`InferredSpanService`](super::InferredSpanService).
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // `None` once the body of an exchange has come to its end: what it held is dropped before the exchange, so that
        // the application's spans end before the gateway's.
        #[pin]
        inner: Option<B>,
        exchange: Option<Box<Exchange>>,
        // Dropped last, so that it sends all of them.
        flush: FlushAtEnd,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(inner: B, exchange: Option<Box<Exchange>>, flush: FlushAtEnd) -> Self {
        Self { inner: Some(inner), exchange, flush }
    }
}

/// An empty body, if `B`'s default is one: what layers that answer by themselves make.
impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::new(B::default(), None, FlushAtEnd::default())
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else {
            ready!(this.flush.poll(cx));
            return Poll::Ready(None);
        };
        let Some(exchange) = this.exchange else {
            let frame = ready!(inner.as_mut().poll_frame(cx));
            if this.flush.is_due() && (frame.is_none() || inner.is_end_stream()) {
                this.inner.set(None);
                this.flush.start();
                if frame.is_none() {
                    ready!(this.flush.poll(cx));
                }
            }
            return Poll::Ready(frame);
        };
        let frame = ready!(exchange.in_scope(|| inner.as_mut().poll_frame(cx)));
        let is_over = match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    exchange.record_sent(data.remaining() as u64);
                }
                if let Some(trailers) = frame.trailers_ref() {
                    if let Some(status) = trailers.get(&GRPC_STATUS) {
                        exchange.record_grpc_status(status.as_bytes());
                    }
                    // They come last.
                    exchange.record_end();
                }
                inner.is_end_stream()
            }
            // Frames may follow, if the server asks for them.
            Some(Err(_)) => {
                exchange.fail(Failure::Body);
                false
            }
            None => true,
        };
        if is_over {
            exchange.record_end();
            exchange.in_scope(|| this.inner.set(None));
            *this.exchange = None;
            this.flush.start();
            if frame.is_none() {
                ready!(this.flush.poll(cx));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().map_or(self.flush.is_over(), Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// The number of bytes that the server will take of a response's body, if that is known beforehand.
pub(super) fn content_length<B: Body>(response: &Response<B>) -> Option<u64> {
    let body = response.body();
    if body.is_end_stream() {
        return Some(0);
    }
    match response.headers().get(CONTENT_LENGTH) {
        Some(length) => length.to_str().ok()?.parse().ok(),
        None => body.size_hint().exact(),
    }
}
