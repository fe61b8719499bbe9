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
        // `None` once it is ready: what it held is dropped before the exchange, so that the application's spans end
        // before the gateway's.
        #[pin]
        inner: Option<F>,
        exchange: Option<Box<Exchange>>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        // Within the exchange: what is dropped may make spans, such as of a transaction that is rolled back.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(exchange) = this.exchange {
                exchange.in_scope(|| this.inner.set(None));
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, exchange: Option<Box<Exchange>>) -> Self {
        Self { inner: Some(inner), exchange }
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ResponseBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            // Polled after its end, as no executor does.
            return Poll::Pending;
        };
        let Some(exchange) = this.exchange else {
            let response = ready!(inner.poll(cx))?;
            return Poll::Ready(Ok(response.map_body(|_, inner| ResponseBody::new(inner, None))));
        };
        let result = ready!(exchange.in_scope(|| inner.poll(cx)));
        exchange.in_scope(|| this.inner.set(None));
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
        let exchange = this.exchange.take().filter(|exchange| !exchange.is_upgraded());
        Poll::Ready(result.map(|response| response.map_body(|_, inner| ResponseBody::new(inner, exchange))))
    }
}
