//! The application with axum, for HTTP/1 and HTTP/2.

use std::convert::Infallible;
use std::future::pending;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::body::Body;
use axum::routing::{any, get};
use axum::{BoxError, Router};
use futures_util::stream::{self, StreamExt as _};
use http::{header, HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tower::util::BoxCloneSyncService;
use tower::{service_fn, Layer, Service, ServiceExt};
use tower_http::trace::TraceLayer;

use super::Arrivals;
use crate::bodies::{broken, chunk, drip};
use crate::panics::deliberate_panic;
use crate::requests::X_SOAK;
use crate::PATIENCE;

fn routes() -> Router {
    let chunks = |n| stream::iter(0..n).map(chunk);
    Router::new()
        .route("/full", get(|| async { "full" }))
        .route("/stream", get(move || async move { Body::from_stream(chunks(3)) }))
        .route("/head", get(|| async { "full" }))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route(
            "/announced",
            get(move || async move { ([(header::CONTENT_LENGTH, "10")], Body::from_stream(chunks(2))) }),
        )
        .route(
            "/trailers",
            get(move || async move {
                let trailers = Ok(Frame::trailers(HeaderMap::new()));
                let frames = chunks(3).map(|chunk| chunk.map(Frame::data));
                Body::new(StreamBody::new(frames.chain(stream::iter([trailers]))))
            }),
        )
        .route("/error", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "no") }))
        .route("/panic", get(|| async { deliberate_panic().to_string() }))
        .route("/broken", get(|| async { Body::from_stream(broken()) }))
        .route("/upgrade", get(upgrade))
        .route("/leaves-before", get(|| async { pending::<()>().await }))
        .route("/leaves-during", get(|| async { Body::from_stream(drip()) }))
        .route(
            "/leaves-sending",
            any(|body: Body| async {
                match body.collect().await {
                    Ok(_) => (StatusCode::OK, "whole"),
                    Err(_) => (StatusCode::BAD_REQUEST, "cut off"),
                }
            }),
        )
}

async fn upgrade(mut request: Request<Body>) -> Response<Body> {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(timeout(PATIENCE, async move {
        if let Ok(upgraded) = upgraded.await {
            let (mut socket, mut ping) = (TokioIo::new(upgraded), [0; 4]);
            if socket.read_exact(&mut ping).await.is_ok() {
                let _ = socket.write_all(&ping).await;
            }
        }
    }));
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "soak")
        .body(Body::empty())
        .expect("a response")
}

/// Hands every third request to another task, as some middleware does; not those that their client leaves, for which
/// that task would have to be aborted.
fn hopping<S, B>(inner: S) -> BoxCloneSyncService<Request<Body>, Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    let served = Arc::new(AtomicU64::new(0));
    BoxCloneSyncService::new(service_fn(move |request: Request<Body>| {
        let stays = request.uri().path().starts_with("/leaves") || !served.fetch_add(1, Relaxed).is_multiple_of(3);
        let inner = inner.clone();
        async move {
            let answer = inner.oneshot(request);
            if stays {
                return answer.await;
            }
            tokio::spawn(answer).await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
        }
    }))
}

/// The application inside the layer under test, with the server-side counter outside of it.
pub(crate) fn app(layer: &ApiGatewayInferredSpan, arrivals: &Arc<Arrivals>) -> Router {
    let routes = routes();
    let failing = service_fn(move |request: Request<Body>| {
        let routes = routes.clone();
        async move {
            if request.uri().path() == "/fails" {
                return Err::<_, BoxError>("out of order".into());
            }
            Ok(routes.oneshot(request).await?)
        }
    });
    let traced = TraceLayer::new_for_http().make_span_with(server_span).layer(failing);
    let (layered, arrivals) = (layer.layer(hopping(traced)), Arc::clone(arrivals));
    let counted = service_fn(move |request: Request<Body>| {
        let (mut layered, arrivals) = (layered.clone(), Arc::clone(&arrivals));
        async move {
            // Nothing is awaited between counting and calling the layer: a request is counted by both or by neither.
            let in_flight = arrivals.track();
            let expected = request.headers().get(X_SOAK);
            arrivals.count(expected.map_or(b"", HeaderValue::as_bytes));
            Ok::<_, Infallible>(match layered.call(request).await {
                Ok(response) => response.map(|body| {
                    // The body owns the guard: the request is in flight until its body is dropped.
                    Body::new(body.map_frame(move |frame| {
                        let _ = &in_flight;
                        frame
                    }))
                }),
                Err(_) => {
                    let mut response = Response::new(Body::empty());
                    *response.status_mut() = StatusCode::BAD_GATEWAY;
                    response
                }
            })
        }
    });
    Router::new().fallback_service(counted)
}
