use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::{length, ResponseBody};
use crate::exchange::{Failure, InferredSpan};

pin_project! {
    /// The response to come, of [`InferredSpanService`](crate::InferredSpanService).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // Dropped before the span, so that spans within end first.
        #[pin]
        inner: F,
        span: Option<Box<InferredSpan>>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, span: Option<Box<InferredSpan>>) -> Self {
        Self { inner, span }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(span) = this.span else {
            let response = ready!(this.inner.poll(cx))?;
            return Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, None))));
        };
        let result = ready!(poll_below(span, this.inner, cx));
        let span = this.span.take();
        let response = result?;
        Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, span))))
    }
}

#[cold]
#[inline(never)]
fn poll_below<F, B, E>(
    span: &mut InferredSpan,
    inner: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<Result<Response<B>, E>>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    let result = ready!(span.enter(|| inner.poll(cx)));
    match &result {
        Ok(response) => span.respond(response.status().as_u16(), length(response)),
        Err(_) => span.fail(Failure::Service),
    }
    Poll::Ready(result)
}
