use std::future::{ready, Ready};
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{forward_ready, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::HeaderName;
use actix_web::http::{Method, Version};
use actix_web::Error;

use super::request::Parts;
use super::{ResponseBody, ResponseFuture};
use crate::core::Core;
use crate::exchange::{self, Exchange, RequestLine};
use crate::hints;
use crate::layer::ApiGatewayInferredSpan;
use crate::request::names::{is_proxy_header, X_DD_PROXY};
use crate::request::protocol;

/// actix-web's names are of another version of `http` than tower's.
static X_DD_PROXY_NAME: HeaderName = HeaderName::from_static(X_DD_PROXY);

impl<S, B> Transform<S, ServiceRequest> for ApiGatewayInferredSpan
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Transform = InferredSpanMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(InferredSpanMiddleware { inner, core: self.active() }))
    }
}

/// Adds a span for the API gateway as the parent of what `S` does; made by [`ApiGatewayInferredSpan`].
#[derive(Clone, Debug)]
pub struct InferredSpanMiddleware<S> {
    inner: S,
    /// `None` if there is nothing to do.
    core: Option<Arc<Core>>,
}

impl<S> InferredSpanMiddleware<S> {
    fn begin(&self, request: &mut ServiceRequest) -> Option<Box<Exchange>> {
        let core = self.core.as_ref()?;
        #[cfg(any(feature = "lambda", feature = "request-context"))]
        if core.on_lambda.is_some() {
            return exchange::begin_header(core, &mut Parts { request, core, is_held: false });
        }
        let has_proxy = request.headers().contains_key(&X_DD_PROXY_NAME);
        if !has_proxy && !core.strip_headers {
            hints::without_header(|| request.headers().keys().any(|name| is_proxy_header(name.as_str())));
            return None;
        }
        let line =
            RequestLine { is_head: request.method() == Method::HEAD, protocol: protocol!(Version, request.version()) };
        exchange::begin(core, has_proxy, line, &mut Parts { request, core, is_held: false })
    }
}

impl<S, B> Service<ServiceRequest> for InferredSpanMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let mut exchange = self.begin(&mut request);
        let inner = match &mut exchange {
            None => self.inner.call(request),
            Some(exchange) => exchange.in_scope(|| self.inner.call(request)),
        };
        ResponseFuture::new(inner, exchange)
    }
}
