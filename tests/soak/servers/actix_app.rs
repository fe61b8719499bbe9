//! The application with actix-web.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodyStream, SizedStream};
use actix_web::dev::Service as _;
use actix_web::{error, web, App, HttpResponse, HttpServer};
use apigateway_inferred_span::ApiGatewayInferredSpan;
use futures_util::stream::{self, StreamExt as _};
use support::servers::Server;
use tokio::time::sleep;
use tracing_actix_web::TracingLogger;

use super::Arrivals;
use crate::bodies::{broken, chunk, drip};
use crate::panics::deliberate_panic;
use crate::requests::X_SOAK;
use crate::PATIENCE;

pub(crate) fn start(layer: ApiGatewayInferredSpan, arrivals: Arc<Arrivals>) -> Option<Server> {
    Some(support::servers::actix(move || {
        let server = HttpServer::new(move || {
            let chunks = |n| stream::iter(0..n).map(chunk);
            let arrivals = Arc::clone(&arrivals);
            App::new()
                .route("/full", web::get().to(|| async { "full" }))
                .route("/head", web::head().to(|| async { "full" }))
                .route(
                    "/stream",
                    web::get().to(move || async move { HttpResponse::Ok().body(BodyStream::new(chunks(3))) }),
                )
                .route(
                    "/trailers",
                    web::get().to(move || async move { HttpResponse::Ok().body(BodyStream::new(chunks(3))) }),
                )
                .route(
                    "/announced",
                    web::get().to(move || async move { HttpResponse::Ok().body(SizedStream::new(10, chunks(2))) }),
                )
                .route("/empty", web::get().to(HttpResponse::NoContent))
                .route("/error", web::get().to(|| async { HttpResponse::InternalServerError().body("no") }))
                .route("/panic", web::get().to(|| async { deliberate_panic().to_string() }))
                .route("/broken", web::get().to(|| async { HttpResponse::Ok().body(BodyStream::new(broken())) }))
                .route(
                    "/leaves-before",
                    web::get().to(|| async {
                        sleep(Duration::from_millis(2)).await;
                        "late"
                    }),
                )
                .route(
                    "/leaves-during",
                    web::get().to(|| async { HttpResponse::Ok().body(BodyStream::new(Box::pin(drip()))) }),
                )
                .route("/leaves-sending", web::post().to(|body: web::Bytes| async move { body.len().to_string() }))
                .wrap_fn(|request, inner| {
                    let fails = request.path() == "/fails";
                    let response = inner.call(request);
                    async move {
                        match fails {
                            true => Err(error::ErrorBadGateway("")),
                            false => response.await,
                        }
                    }
                })
                .wrap(TracingLogger::default())
                .wrap(layer.clone())
                .wrap_fn(move |request, inner| {
                    let expected = request.headers().get(X_SOAK);
                    arrivals.count(expected.map_or(b"", |value| value.as_bytes()));
                    inner.call(request)
                })
        })
        .workers(1)
        .keep_alive(PATIENCE * 2)
        .disable_signals()
        .bind("127.0.0.1:0")?;
        Ok((server.addrs()[0], server.run()))
    }))
}
