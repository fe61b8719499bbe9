//! The same application on actix-web.

use std::time::Duration;

use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{error, App, HttpResponse};
use apigateway_inferred_span::ApiGatewayInferredSpan;
use futures_util::stream::{self, StreamExt as _};
use support::servers::Server;
use tokio::time::sleep;

use crate::axum_app::chunks;
use crate::LATE;

pub(crate) fn start(layer: ApiGatewayInferredSpan) -> Server {
    support::actix_server!(move || {
        let stream = |count, pause| {
            web::get().to(move || async move { HttpResponse::Ok().body(BodyStream::new(chunks(count, pause))) })
        };
        App::new()
            .route("/status/{code}", web::route().to(status))
            .route(
                "/upload",
                web::post().to(|body: Bytes| async move { HttpResponse::Created().body(body.len().to_string()) }),
            )
            .route("/stream", stream(5, Duration::from_millis(10)))
            .route("/drip", stream(100, Duration::from_millis(20)))
            .route("/stall", stream(2, LATE))
            .route("/slow", web::get().to(|| after(Duration::from_millis(200))))
            .route("/wait", web::get().to(|| after(Duration::from_millis(500))))
            .route("/late", web::get().to(|| after(LATE)))
            .route("/broken", web::get().to(broken))
            .wrap(layer.clone())
    })
}

async fn status(code: web::Path<u16>) -> HttpResponse {
    let code = code.into_inner();
    let mut response = HttpResponse::build(StatusCode::from_u16(code).expect("a status"));
    match code {
        204 | 304 => response.finish(),
        _ => response.body("a body"),
    }
}

async fn after(time: Duration) -> &'static str {
    sleep(time).await;
    "done"
}

/// Announces more than it sends.
async fn broken() -> HttpResponse {
    let body = stream::iter([Ok(Bytes::from_static(b"a part"))]).chain(stream::once(async {
        sleep(Duration::from_millis(20)).await;
        Err(error::ErrorInternalServerError("disk on fire"))
    }));
    HttpResponse::Ok().body(SizedStream::new(100, body))
}
