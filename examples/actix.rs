//! A small actix-web server whose traces begin at the gateway.
//!
//! ```text
//! cargo run --example actix --features actix-web,otlp            # PORT=3000 unless set
//! ```
//!
//! It prints each span as a line, or sends them where `OTEL_EXPORTER_OTLP_ENDPOINT` says:
//!
//! ```text
//! OTEL_SERVICE_NAME=orders OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 \
//!   cargo run --example actix --features actix-web,otlp
//! ```
//!
//! What a gateway would send, a tenth of a second after it took the request:
//!
//! ```text
//! curl http://127.0.0.1:3000/orders/42 \
//!   -H 'x-dd-proxy: aws-apigateway' \
//!   -H "x-dd-proxy-request-time-ms: $(( $(date +%s%3N) - 100 ))" \
//!   -H 'x-dd-proxy-domain-name: api.example.com' \
//!   -H 'x-dd-proxy-httpmethod: GET' \
//!   -H 'x-dd-proxy-path: /prod/orders/42' \
//!   -H 'x-dd-proxy-resource-path: /orders/{id}' \
//!   -H 'x-dd-proxy-stage: prod'
//! ```
#![allow(clippy::disallowed_methods)]

mod stdout_exporter;

use std::env;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{from_fn, Next};
use actix_web::{web, App, Error, HttpServer};
use apigateway_inferred_span::{otlp, ApiGatewayInferredSpan};
use tracing::{info_span, Instrument as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    actix_web::rt::System::new().block_on(serve())
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let _guard = match env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Some(_) => Some(otlp::init()?),
        None => {
            stdout_exporter::install();
            None
        }
    };
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let gateway = ApiGatewayInferredSpan::new().enabled(true);
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(|| async { "hello\n" }))
            .route("/orders/{id}", web::get().to(order))
            .wrap(from_fn(server_span))
            // Outermost, which in actix-web is last.
            .wrap(gateway.clone())
    })
    .bind(format!("127.0.0.1:{port}"))?;
    println!("listening on http://127.0.0.1:{port}");
    server.run().await?;
    Ok(())
}

/// Stands for whatever makes your server span, such as `TracingLogger` of `tracing-actix-web`.
async fn server_span(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let name = format!("{} {}", request.method(), request.match_pattern().unwrap_or_default());
    let span = info_span!("request", otel.kind = "server", otel.name = name.trim_end());
    next.call(request).instrument(span).await
}

async fn order(id: web::Path<u64>) -> String {
    format!("order {id}: tea, 2 pounds\n")
}
