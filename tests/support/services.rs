//! An application as a tower service.

use std::convert::Infallible;
use std::future::{ready, Ready};

use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::Empty;
use tower::{service_fn, Layer as _, Service, ServiceExt as _};

use crate::requests::RequestBuilder;

pub type Answer = Result<Response<Empty<Bytes>>, Infallible>;

/// Answers each request at once, without a body.
pub fn empty(
) -> impl Service<Request<()>, Response = Response<Empty<Bytes>>, Error = Infallible, Future = Ready<Answer>> + Clone {
    service_fn(|_: Request<()>| ready(Ok(Response::new(Empty::new()))))
}

/// Sends a request through the layer to [`empty`], to the end of the response.
pub fn send(layer: &ApiGatewayInferredSpan, request: &RequestBuilder) {
    let response = layer.layer(empty()).oneshot(request.body(())).now_or_never();
    drop(response.expect("at once"));
}
