use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::{content_length, ResponseBody, GRPC_STATUS};
use super::flush::FlushAtEnd;
use crate::exchange::{Exchange, Failure};

pin_project! {
    /// The response to come, of [`InferredSpanService`](super::InferredSpanService).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // Dropped before the exchange, so that the application's spans end before the gateway's.
        #[pin]
        inner: F,
        exchange: Option<Box<Exchange>>,
        // Dropped last, so that it sends all of them.
        flush: FlushAtEnd,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, exchange: Option<Box<Exchange>>, flush: FlushAtEnd) -> Self {
        Self { inner, exchange, flush }
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
        let Some(exchange) = this.exchange else {
            let response = ready!(this.inner.poll(cx))?;
            let flush = std::mem::take(this.flush);
            return Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, None, flush))));
        };
        let result = ready!(exchange.in_scope(|| this.inner.poll(cx)));
        match &result {
            Ok(response) => {
                let length = content_length(response);
                exchange.record_response(response.status().as_u16(), length);
                // A gRPC response without a body has its status here, and no trailers.
                if let (Some(0), Some(status)) = (length, response.headers().get(&GRPC_STATUS)) {
                    exchange.record_grpc_status(status.as_bytes());
                }
            }
            Err(_) => exchange.fail(Failure::Service),
        }
        // One that ends here stays, so that it is dropped after what the inner future holds.
        let is_over = result.is_err() || exchange.is_upgraded();
        let exchange = if is_over { None } else { this.exchange.take() };
        let response = |response: Response<B>| {
            let flush = std::mem::take(this.flush);
            response.map(|body| ResponseBody::new(body, exchange, flush))
        };
        Poll::Ready(result.map(response))
    }
}
