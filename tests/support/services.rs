//! An application as a tower service.

use std::convert::Infallible;
use std::future::{pending, ready, Ready};
use std::panic::{catch_unwind, AssertUnwindSafe};

use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
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

/// What an application does with a request.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    /// It answers with this status, and a body of six bytes.
    Status(u16),
    Panic,
    /// It never answers, and the client gives up.
    Never,
}

/// Sends a request through the layer to an application that ends it so, and takes the whole response.
pub fn send_to_its_end(layer: &ApiGatewayInferredSpan, request: &RequestBuilder, ending: Ending) {
    let service = layer.layer(service_fn(move |_: Request<()>| async move {
        match ending {
            Ending::Status(status) => {
                let mut response = Response::new(Full::new(Bytes::from_static(b"a body")));
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                Ok::<_, Infallible>(response)
            }
            Ending::Panic => panic!("boom"),
            Ending::Never => pending().await,
        }
    }));
    let whole = async { service.oneshot(request.body(())).await.expect("a response").into_body().collect().await };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(whole.now_or_never())));
}
