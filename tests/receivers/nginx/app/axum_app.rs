//! The application on axum.

use std::io;
use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::Router;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::{header, StatusCode};
use support::servers::{self, Server};
use tokio::time::sleep;

use crate::LATE;

pub(crate) async fn start(layer: ApiGatewayInferredSpan) -> Server {
    let router = Router::new()
        .route("/status/{code}", any(status))
        .route("/upload", post(|body: Bytes| async move { (StatusCode::CREATED, body.len().to_string()) }))
        .route("/stream", get(|| async { Body::from_stream(chunks(5, Duration::from_millis(10))) }))
        .route("/drip", get(|| async { Body::from_stream(chunks(100, Duration::from_millis(20))) }))
        .route("/stall", get(|| async { Body::from_stream(chunks(2, LATE)) }))
        .route("/slow", get(|| after(Duration::from_millis(200))))
        .route("/wait", get(|| after(Duration::from_millis(500))))
        .route("/late", get(|| after(LATE)))
        .route("/broken", get(broken))
        .layer(layer);
    servers::axum(router).await
}

async fn status(Path(code): Path<u16>) -> Response {
    let status = StatusCode::from_u16(code).expect("a status");
    match code {
        204 | 304 => status.into_response(),
        _ => (status, "a body").into_response(),
    }
}

async fn after(time: Duration) -> &'static str {
    sleep(time).await;
    "done"
}

/// So many chunks, each but the first after this time.
pub(crate) fn chunks(count: u32, pause: Duration) -> impl Stream<Item = io::Result<Bytes>> {
    stream::iter(0..count).then(move |number| async move {
        if number > 0 {
            sleep(pause).await;
        }
        Ok(Bytes::from_static(b"a chunk"))
    })
}

/// Announces more than it sends.
async fn broken() -> Response {
    let body = stream::iter([Ok(Bytes::from_static(b"a part"))]).chain(stream::once(async {
        sleep(Duration::from_millis(20)).await;
        Err(io::Error::other("disk on fire"))
    }));
    ([(header::CONTENT_LENGTH, "100")], Body::from_stream(body)).into_response()
}
