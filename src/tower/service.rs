use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{ResponseBody, ResponseFuture};
use crate::exchange::InferredSpan;
use crate::hints;
use crate::layer::Settings;
use crate::parent::RequestHeaders;
use crate::request::names::{TRACEPARENT, X_DD_PROXY_NAME};

/// Puts a span for the API gateway above what `S` does; made by [`ApiGatewayInferredSpan`].
///
/// [`ApiGatewayInferredSpan`]: crate::ApiGatewayInferredSpan
#[derive(Clone, Debug)]
pub struct InferredSpanService<S> {
    inner: S,
    /// `None` where the layer is off.
    settings: Option<Arc<Settings>>,
}

impl<S> InferredSpanService<S> {
    pub(crate) fn new(inner: S, settings: Option<Arc<Settings>>) -> Self {
        Self { inner, settings }
    }

    fn span_above<B>(&self, request: &mut Request<B>) -> Option<Box<InferredSpan>> {
        let settings = self.settings.as_ref()?;
        if !request.headers().contains_key(&X_DD_PROXY_NAME) {
            hints::without_header();
            return None;
        }
        let is_head = request.method() == Method::HEAD;
        InferredSpan::infer(settings, is_head, request.headers_mut())
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
        match self.span_above(&mut request) {
            None => ResponseFuture::new(self.inner.call(request), None),
            Some(mut span) => {
                let future = span.enter(|| self.inner.call(request));
                ResponseFuture::new(future, Some(span))
            }
        }
    }
}

impl RequestHeaders for HeaderMap {
    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        Some(self.get(name)?.as_bytes())
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let values = self.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok()).collect()
    }

    fn set(&mut self, name: &str, value: Vec<u8>) {
        let name = match name {
            TRACEPARENT => Ok(HeaderName::from_static(TRACEPARENT)),
            _ => name.parse(),
        };
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            self.insert(name, value);
        }
    }

    fn remove(&mut self, name: &str) {
        HeaderMap::remove(self, name);
    }
}
