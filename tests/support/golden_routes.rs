//! The routes of the application whose traces are compared with those of Datadog's tracers.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Path;
use axum::routing::any;
use axum::Router;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::StatusCode;

pub fn routes() -> Router {
    Router::new()
        .route("/ok", any(|| async { "ok" }))
        .route("/users/{id}", any(|Path(id): Path<String>| async { id }))
        .route("/err", any(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/notfound", any(|| async { StatusCode::NOT_FOUND }))
        .route(
            "/status/{code}",
            any(|Path(code): Path<u16>| async move { StatusCode::from_u16(code).unwrap_or_default() }),
        )
        .route("/throw", any(|| async { throw() }))
        .route("/slow", any(|| async { pause(300).await }))
        .route("/stream", any(|| async { Body::from_stream(chunks()) }))
}

pub async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

pub fn chunks() -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::iter(0..4).then(|_| async {
        pause(100).await;
        Ok(Bytes::from("chunk"))
    })
}

fn throw() {
    panic!("boom");
}
