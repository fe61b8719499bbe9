//! The layer round a handler of events.

use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use lambda_runtime::LambdaEvent;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::exchange::{Exchange, Failure, Level, Outer};
use crate::hints;
use crate::tower::InferredSpanService;

/// The layer round a handler of events, whatever their type: it tells the layer on the runtime whether the handler failed,
/// which that can't see. See [AWS Lambda](crate#aws-lambda).
impl<S, P> Service<LambdaEvent<P>> for InferredSpanService<S>
where
    S: Service<LambdaEvent<P>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = EventFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.split().0.poll_ready(cx)
    }

    fn call(&mut self, event: LambdaEvent<P>) -> Self::Future {
        let (inner, core) = self.split();
        let exchange = core.filter(|core| !core.is_off && core.on_lambda.is_some()).and_then(|core| {
            let outer = Outer::of(&event.context.request_id);
            if outer.is_none() {
                hints::no_layer_on_runtime();
            }
            outer.filter(|outer| !outer.is_off())?.join(core, Level::Handler, false)
        });
        match exchange {
            None => EventFuture { inner: inner.call(event), exchange: None },
            Some(mut exchange) => {
                let future = exchange.in_scope(|| inner.call(event));
                EventFuture { inner: future, exchange: Some(exchange) }
            }
        }
    }
}

pin_project! {
    /// An event that is handled, of [`InferredSpanService`](crate::tower::InferredSpanService) round a handler of AWS Lambda.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct EventFuture<F> {
        // Dropped before the exchange.
        #[pin]
        inner: F,
        exchange: Option<Box<Exchange>>,
    }
}

impl<F, R, E> Future for EventFuture<F>
where
    F: Future<Output = Result<R, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(exchange) = this.exchange else { return this.inner.poll(cx) };
        let result = ready!(exchange.in_scope(|| this.inner.poll(cx)));
        match &result {
            Ok(_) => exchange.record_end(),
            Err(_) => exchange.fail(Failure::Service),
        }
        *this.exchange = None;
        Poll::Ready(result)
    }
}
