use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Buf;
use http::{header::CONTENT_LENGTH, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::exchange::{Failure, InferredSpan};

pin_project! {
    /// A response's body, of [`InferredSpanService`](crate::InferredSpanService).
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // `None` once a body below a span has come to its end: spans that it held end before that span.
        #[pin]
        inner: Option<B>,
        span: Option<Box<InferredSpan>>,
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn new(inner: B, span: Option<Box<InferredSpan>>) -> Self {
        Self { inner: Some(inner), span }
    }
}

type Polled<B> = Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>;

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Polled<B>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(span) = this.span else {
            return inner.poll_frame(cx);
        };
        let (frame, is_over) = ready!(poll_below(span, inner, cx));
        if is_over {
            this.inner.set(None);
            *this.span = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().map_or(true, Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// The next frame, and whether it was the last.
#[cold]
#[inline(never)]
fn poll_below<B: Body>(
    span: &mut InferredSpan,
    mut inner: Pin<&mut B>,
    cx: &mut Context<'_>,
) -> Poll<(Polled<B>, bool)> {
    let frame = ready!(span.enter(|| inner.as_mut().poll_frame(cx)));
    let is_over = match &frame {
        None => true,
        Some(Err(_)) => {
            span.fail(Failure::Body);
            return Poll::Ready((frame, true));
        }
        Some(Ok(frame)) => {
            match frame.data_ref() {
                Some(data) => span.sent(data.remaining() as u64),
                None => span.complete(),
            }
            inner.is_end_stream()
        }
    };
    if is_over {
        span.complete();
    }
    Poll::Ready((frame, is_over))
}

/// How many bytes the server will take of a response's body, if that is known beforehand.
pub(super) fn length<B: Body>(response: &Response<B>) -> Option<u64> {
    let body = response.body();
    if body.is_end_stream() {
        return Some(0);
    }
    match response.headers().get(CONTENT_LENGTH) {
        Some(length) => length.to_str().ok()?.parse().ok(),
        None => body.size_hint().exact(),
    }
}
