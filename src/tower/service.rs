use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Method, Request, Response, Version};
use http_body::Body;
use tower_service::Service;

use super::flush::FlushAtEnd;
use super::request::Parts;
use super::{ResponseBody, ResponseFuture};
use crate::core::Core;
use crate::exchange::{self, Exchange, RequestLine};
use crate::hints;
use crate::request::names::{is_proxy_header, X_DD_PROXY_NAME};
use crate::request::protocol;

/// Adds a span for the API gateway as the parent of what `S` does; made by [`ApiGatewayInferredSpan`].
///
/// [`ApiGatewayInferredSpan`]: crate::ApiGatewayInferredSpan
#[derive(Clone, Debug)]
pub struct InferredSpanService<S> {
    inner: S,
    /// `None` if there is nothing to do.
    core: Option<Arc<Core>>,
}

impl<S> InferredSpanService<S> {
    pub(crate) fn new(inner: S, core: Option<Arc<Core>>) -> Self {
        Self { inner, core }
    }

    /// The inner service, and the core if there is something to do.
    #[cfg(feature = "lambda")]
    pub(crate) fn split(&mut self) -> (&mut S, Option<&Arc<Core>>) {
        (&mut self.inner, self.core.as_ref())
    }

    fn begin<B>(&self, request: &mut Request<B>, #[allow(unused)] flush: &mut FlushAtEnd) -> Option<Box<Exchange>> {
        let core = self.core.as_ref()?;
        #[cfg(any(feature = "lambda", feature = "request-context"))]
        if core.on_lambda.is_some() {
            return super::on_lambda::begin(core, request, flush);
        }
        let has_proxy = request.headers().contains_key(&X_DD_PROXY_NAME);
        if !has_proxy && !core.strip_headers {
            hints::without_header(|| request.headers().keys().any(|name| is_proxy_header(name.as_str())));
            return None;
        }
        let line =
            RequestLine { is_head: request.method() == Method::HEAD, protocol: protocol!(Version, request.version()) };
        // Taken out, because a request lends only one of the two at a time.
        let mut extensions = std::mem::take(request.extensions_mut());
        let mut parts = Parts { headers: request.headers_mut(), extensions: &mut extensions };
        let exchange = exchange::begin(core, has_proxy, line, &mut parts);
        *request.extensions_mut() = extensions;
        exchange
    }
}

impl<S, RequestB, ResponseB> Service<Request<RequestB>> for InferredSpanService<S>
where
    S: Service<Request<RequestB>, Response = Response<ResponseB>>,
    ResponseB: Body,
{
    type Response = Response<ResponseBody<ResponseB>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestB>) -> Self::Future {
        let mut flush = FlushAtEnd::default();
        match self.begin(&mut request, &mut flush) {
            None => ResponseFuture::new(self.inner.call(request), None, flush),
            Some(mut exchange) => {
                let future = exchange.in_scope(|| self.inner.call(request));
                ResponseFuture::new(future, Some(exchange), flush)
            }
        }
    }
}
