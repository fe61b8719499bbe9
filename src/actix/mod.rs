//! The middleware for [actix-web](actix_web).
//!
//! The same [`ApiGatewayInferredSpan`](crate::ApiGatewayInferredSpan), with the same settings, in `App::wrap`:
//!
//! ```
//! use actix_web::{test, web, App};
//! use apigateway_inferred_span::ApiGatewayInferredSpan;
//! use std::time::SystemTime;
//!
//! # use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! # let exporter = InMemorySpanExporter::default();
//! # let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//! # actix_web::rt::System::new().block_on(async {
//! let app = App::new()
//!     .route("/users/{id}", web::get().to(|| async { "Ada" }))
//!     // .wrap(TracingLogger::default()), or whatever makes your server span
//!     .wrap(ApiGatewayInferredSpan::new() // last, so that it is outermost
//!         .enabled(true) // or DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true
//!         .tracer_provider(&provider)); // or the global one
//!
//! let app = test::init_service(app).await;
//! let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis();
//! let request = test::TestRequest::get()
//!     .uri("/users/42")
//!     .insert_header(("x-dd-proxy", "aws-apigateway"))
//!     .insert_header(("x-dd-proxy-request-time-ms", now.to_string()));
//! assert_eq!(test::call_and_read_body(&app, request.to_request()).await, "Ada");
//! # Ok::<(), std::time::SystemTimeError>(())
//! # })?;
//!
//! let spans = exporter.get_finished_spans()?;
//! assert_eq!(spans[0].name, "aws.apigateway");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A client that leaves before the response goes unnoticed by actix-web: its handler runs on, and the span ends with
//! the response that nobody reads. An error that a middleware further in returns counts by the status that actix-web
//! will answer with.

mod body;
mod future;
mod middleware;
mod request;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use middleware::InferredSpanMiddleware;
