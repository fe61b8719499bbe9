//! An [OpenTelemetry] span for the API gateway in front of your service, above your service's own spans.
//!
//! A request that reaches your service through Amazon API Gateway has already spent time in the gateway, and may fail
//! there, where no tracing agent runs. The gateway can be configured to send headers (`x-dd-proxy*`) that say when it
//! received the request, and for which domain, path and stage. From these headers, this crate makes what Datadog's
//! tracers call an *inferred span*: a span that starts when the gateway received the request, has the gateway as its
//! service, and is the parent of the application's server span. It is an ordinary OpenTelemetry span, so every exporter
//! and backend can receive it.
//!
//! [`ApiGatewayInferredSpan`] is a [tower layer](tower_layer::Layer) for axum, tonic, hyper and every other service
//! over `http` 1, and with the feature `actix-web` a middleware for actix-web. [AWS Lambda](#aws-lambda) functions are
//! supported as well. Besides Amazon's REST, HTTP and WebSocket APIs, it knows Azure API Management, Application
//! Gateway and Front Door.
//!
//! [OpenTelemetry]: opentelemetry
//!
//! # Example
//!
//! ```
//! use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
//! use axum::{routing::get, Router};
//! use std::time::SystemTime;
//! use tower_http::trace::TraceLayer;
//!
//! # use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! # use tower::ServiceExt;
//! # let exporter = InMemorySpanExporter::default();
//! # let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//! let app: Router = Router::new()
//!     .route("/users/{id}", get(|| async { "Ada" }))
//!     .layer(TraceLayer::new_for_http().make_span_with(server_span)) // your server span, however you make it
//!     .layer(ApiGatewayInferredSpan::new() // outermost: the gateway's span above it
//!         .enabled(true) // or DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true
//!         .tracer_provider(&provider)); // or the global one
//!
//! let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis();
//! let request = http::Request::get("/users/42")
//!     .header("x-dd-proxy", "aws-apigateway")
//!     .header("x-dd-proxy-request-time-ms", now.to_string())
//!     .header("x-dd-proxy-domain-name", "api.example.com")
//!     .header("x-dd-proxy-httpmethod", "GET")
//!     .header("x-dd-proxy-path", "/prod/users/42")
//!     .header("x-dd-proxy-stage", "prod")
//!     .body(axum::body::Body::empty())?;
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let response = app.oneshot(request).await?;
//! assert_eq!(axum::body::to_bytes(response.into_body(), 1024).await?, "Ada");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//!
//! let spans = exporter.get_finished_spans()?;
//! assert_eq!(spans[0].name, "aws.apigateway");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If your application has no OpenTelemetry pipeline yet, the feature `otlp` has one: `otlp::init()`. [Set up the gateway]
//! lists the headers, and how to configure the gateway to send them, with each tool.
//!
//! [Set up the gateway]: https://github.com/apigateway-inferred-span/apigateway-inferred-span/blob/main/docs/gateway.md
//!
//! # Position in the stack
//!
//! Add the layer outermost: above the layer that makes the server span.
//!
//! | framework | how to add the layer |
//! |---|---|
//! | axum | [`Router::layer`], called last: the layer then applies to the routes and fallbacks that were added before. `route_layer` applies to routes only. To cover every request, serve `Router::new().fallback_service(ApiGatewayInferredSpan::new().layer(app))`, with `tower::Layer` in scope |
//! | `tower::ServiceBuilder` | the first layer |
//! | tonic | `Server::builder().layer(..)`, first |
//! | hyper | `TowerToHyperService::new(layer.layer(service))`, of hyper-util with its feature `service` |
//! | actix-web | `App::wrap`, called last, with the feature `actix-web` |
//!
//! If the layer is added twice, it still makes one span for each request.
//!
//! [`Router::layer`]: https://docs.rs/axum/0.8/axum/struct.Router.html#method.layer
//!
//! # Cargo features
//!
//! All are off by default. The tower layer needs none.
//!
//! | feature | what it adds |
//! |---|---|
//! | `access-log` | the gateway's access log, with the trace id: the module `access_log` |
//! | `actix-web` | the middleware for actix-web: the module `actix` |
//! | `export` | `export::PerServiceExporter`: the gateway as a separate service in Jaeger, Tempo, AWS X-Ray and the OpenTelemetry Collector |
//! | `lambda` | [AWS Lambda](#aws-lambda) functions on `lambda_runtime`, and flushing before Lambda freezes the process |
//! | `lambda-http` | AWS Lambda functions on `lambda_http` |
//! | `metrics` | [metrics](#metrics) of the gateway, as the application sees them |
//! | `otlp` | `otlp::init()`: a complete OTLP pipeline for spans and metrics, configured by the standard variables |
//! | `request-context` | AWS Lambda functions behind the Lambda Web Adapter |
//!
//! # Parents and children
//!
//! The parent of the gateway's span is the span that the request's headers name: the one that the propagator extracts
//! or, if there is none and [`XRay`] says so, the one that X-Ray recorded. The gateway's span inherits its sampling
//! decision. A sampler gets the span's attributes, unless the parent isn't sampled: then it gets the name only.
//!
//! The application's server span becomes the child of the gateway's span, whichever library makes it, because it finds
//! the gateway's span in one of three places:
//!
//! - the current OpenTelemetry context, which the layer sets during the service's call, each poll, and each frame of
//!   the body;
//! - the request's propagation headers, which the layer writes with your propagator, whether or not the client sent any
//!   (in actix-web, only if it did);
//! - the request's extensions, as an [`InferredSpan`].
//!
//! The layer changes nothing else in the request.
//!
//! ## Limitations
//!
//! Some spans don't become children of the gateway's span without help:
//!
//! | span | reason | what to do |
//! |---|---|---|
//! | made from the current context, behind a spawn or a buffer (`TraceLayer` with a span of your own, `#[instrument]`, `tracer.start`) | the other task has no current context | use [`server_span`] or [`server_span_with`], or attach [`InferredSpan::context`] there |
//! | made from the headers, behind a spawn or a buffer, with no propagator or with one that only reads | no header names the gateway's span | install a propagator, such as W3C's |
//! | the same in actix-web, if the client sent no trace headers | actix-web panics if headers are written while another owner holds the `HttpRequest` | use [`InferredSpan::context`] |
//! | made by values that are dropped when a request is cut off, such as a transaction that rolls back | there is no current context when a server drops a request | use `.instrument(..)`, or `#[instrument]` on the handler |
//! | made with `tracing_opentelemetry`'s `with_context_activation(false)`, inside another `tracing` span | its parent is then always that `tracing` span | leave context activation on, which is the default |
//! | made by tonic's `trace_fn` | it is made outside of all layers | |
//! | made by `#[instrument(parent = None)]` | it asks for no parent | |
//!
//! # Span end and errors
//!
//! The span ends when the response's body ends, so streaming responses are measured in full. After an upgrade (status
//! 101, WebSocket), it ends at the upgrade. The end is when the server has taken the last bytes of the body, which may
//! still be on their way to the client.
//!
//! The span is an error for one of these reasons, which the attribute `error.type` names:
//!
//! | `error.type` | reason |
//! |---|---|
//! | `panic` | the application panicked |
//! | `service` | the application's service returned an error |
//! | `body` | the response's body failed, or was shorter than its `Content-Length` |
//! | `timeout` | the request was cut off at the gateway's integration timeout |
//! | `cancelled` | the request was cut off before the timeout |
//! | a name such as `INTERNAL` | gRPC's status is a server error |
//! | a status such as `500` | the response's status is one of [`error_statuses`] |
//!
//! A request that is cut off at the timeout before the response's head gets the status that the gateway answers with,
//! 504 or 503, and the attribute `inferred_span.status_inferred`. So does a response that begins after an
//! [`integration_timeout`](ApiGatewayInferredSpan::integration_timeout) that was set.
//!
//! `datadog-opentelemetry` derives errors from the status code alone: a response that fails after a head with status
//! 200 is not an error there.
//!
//! [`error_statuses`]: ApiGatewayInferredSpan::error_statuses
//!
//! # Metrics
//!
//! With the feature `metrics`, the layer records durations as the gateway and as the application saw them, requests in
//! progress, and rejected requests by reason: what API Gateway's own dashboards show, as far as the application knows
//! it. They include every request, sampled or not, and go to the global meter provider or to that of
//! `.meter_provider(..)`. [Metrics and logs] lists the names, the attributes, and CloudWatch's corresponding metrics.
//!
//! # Access log
//!
//! With the feature `access-log` and `.access_log(true)`, the layer logs each request through the gateway, with the
//! field names of the gateway's own access log and the trace id. See the module `access_log`.
//!
//! [Metrics and logs]: https://github.com/apigateway-inferred-span/apigateway-inferred-span/blob/main/docs/metrics-and-logs.md
//!
//! # AWS Lambda
//!
//! API Gateway's header mappings don't apply to Lambda functions. The layer reads the same values from the function's
//! events, which no client can forge.
//!
//! | feature | where the event is | where to add the layer |
//! |---|---|---|
//! | `lambda-http` | in the extensions of `lambda_http`'s requests | on the router that `lambda_http::run` serves |
//! | `lambda` | in the invocation | on `lambda_runtime::Runtime`, outside of `OpenTelemetryLayer`; around a handler of events, it reports the handler's errors |
//! | `request-context` | in a header of the Lambda Web Adapter, with `.request_context(true)` | on the router |
//!
//! Clones of one layer can be on the runtime and on the router: the inner one reports the response to the outer one.
//! `.flush(f)` sends the remaining spans before Lambda freezes the process. The page [AWS Lambda] describes what is
//! recorded in each case, the limitations, and the deployment.
//!
//! [AWS Lambda]: https://github.com/apigateway-inferred-span/apigateway-inferred-span/blob/main/docs/lambda.md
//!
//! # Trust
//!
//! Any client that can bypass the gateway, or call a method without the mapping, can send the gateway's headers.
//! Therefore the layer is off by default, and can be told which requests to trust: [`allow_domains`],
//! [`allow_api_ids`], [`shared_secret`], [`max_request_age`], [`accept_if`].
//!
//! [`allow_domains`]: ApiGatewayInferredSpan::allow_domains
//! [`allow_api_ids`]: ApiGatewayInferredSpan::allow_api_ids
//! [`shared_secret`]: ApiGatewayInferredSpan::shared_secret
//! [`max_request_age`]: ApiGatewayInferredSpan::max_request_age
//! [`accept_if`]: ApiGatewayInferredSpan::accept_if
//!
//! # OpenTelemetry versions
//!
//! This version works with `opentelemetry` 0.33, which it re-exports as [`opentelemetry`]. An application with another
//! minor version of `opentelemetry` has separate global providers, and gets no spans.
//!
#![doc = include_str!("../docs/troubleshooting.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "access-log")]
pub mod access_log;
#[cfg(feature = "actix-web")]
pub mod actix;
mod catch_panic;
mod clock;
mod core;
mod env;
mod error_statuses;
mod exchange;
#[cfg(feature = "export")]
pub mod export;
#[cfg(feature = "lambda")]
mod flush;
mod hints;
#[cfg(feature = "lambda")]
pub mod lambda;
mod layer;
mod observe;
#[cfg(feature = "otlp")]
pub mod otlp;
mod parent;
mod request;
mod said_once;
pub mod tower;
mod trust;
mod unusable;

pub use exchange::InferredSpan;
pub use layer::ApiGatewayInferredSpan;
pub use observe::Stats;
pub use opentelemetry;
pub use request::{
    InvalidProxyRequest, InvalidXRayTraceHeader, Proxy, ProxyRequest, RejectionKind, RequestView, XRay, XRayTraceHeader,
};
pub use tower::server_span::{server_span, server_span_with};
