use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::Error;
use pin_project_lite::pin_project;

use super::body::{content_length, ResponseBody};
use crate::exchange::Exchange;

pin_project! {
    /// The response to come, of [`InferredSpanMiddleware`](super::InferredSpanMiddleware).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // Dropped before the exchange, so that the application's spans end before the gateway's.
        #[pin]
        inner: F,
        exchange: Option<Box<Exchange>>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, exchange: Option<Box<Exchange>>) -> Self {
        Self { inner, exchange }
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ResponseBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(exchange) = this.exchange else {
            let response = ready!(this.inner.poll(cx))?;
            return Poll::Ready(Ok(response.map_body(|_, inner| ResponseBody::new(inner, None))));
        };
        let result = ready!(exchange.in_scope(|| this.inner.poll(cx)));
        match &result {
            Ok(response) => {
                let length = content_length(response.response().body());
                exchange.record_response(response.status().as_u16(), length);
            }
            // actix-web makes a response of it, further out.
            Err(error) => {
                let status = error.as_response_error().status_code();
                exchange.record_response(status.as_u16(), Some(0));
            }
        }
        // One that ends here stays, so that it is dropped after what the inner future holds.
        let is_over = result.is_err() || exchange.is_upgraded();
        let exchange = if is_over { None } else { this.exchange.take() };
        Poll::Ready(result.map(|response| response.map_body(|_, inner| ResponseBody::new(inner, exchange))))
    }
}
