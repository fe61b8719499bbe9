//! The smallest real server on actix-web: the gateway's span above the one `TracingLogger` makes, a line each on
//! stdout.
//!
//! ```console
//! cargo run --example actix --features actix-web
//! ```
//!
//! It listens on `PORT` (default 3000). This makes a trace, of a request that the gateway took 100 ms ago:
//!
//! ```console
//! curl -i http://127.0.0.1:3000/orders/42 \
//!   -H 'x-dd-proxy: aws-apigateway' \
//!   -H "x-dd-proxy-request-time-ms: $(($(date +%s%3N) - 100))" \
//!   -H 'x-dd-proxy-domain-name: api.example.com' \
//!   -H 'x-dd-proxy-httpmethod: GET' \
//!   -H 'x-dd-proxy-path: /prod/orders/42' \
//!   -H 'x-dd-proxy-resource-path: /orders/{id}' \
//!   -H 'x-dd-proxy-stage: prod'
//! ```
#![allow(clippy::disallowed_methods)]

mod lines;

use std::env;

use actix_web::{web, App, HttpServer};
use apigateway_inferred_span::ApiGatewayInferredSpan;
use tracing_actix_web::TracingLogger;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = lines::telemetry();
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let gateway = ApiGatewayInferredSpan::new().enabled(true);
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(|| async { "hello\n" }))
            .route("/orders/{id}", web::get().to(order))
            .wrap(TracingLogger::default())
            // Outermost, which in actix-web is last.
            .wrap(gateway.clone())
    })
    .bind(format!("127.0.0.1:{port}"))?;
    println!("listening on http://127.0.0.1:{port}");
    server.run().await?;
    provider.shutdown()?;
    Ok(())
}

async fn order(id: web::Path<u64>) -> String {
    format!("order {id}: tea, 2 pounds\n")
}
