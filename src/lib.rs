//! Puts a span for the API gateway in front of your service above your service's own spans.
//!
//! A request that comes through Amazon API Gateway has already spent time, and may fail, in a place where no agent
//! runs. The gateway can say so in headers (`x-dd-proxy*`): when it took the request, for which domain, path and
//! stage. This crate makes of them what Datadog's tracers for other languages call an *inferred span*: a span that
//! began when the gateway took the request, stands for the gateway as a service of its own, and is the parent of
//! the application's server span. It is an [OpenTelemetry] span, so that it goes wherever yours go.
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
//! # Where it goes
//!
//! Outermost: above the layer that makes the server span.
//!
//! | | |
//! |---|---|
//! | axum | [`Router::layer`], added last: sees the routes and fallbacks that were added before it. `route_layer` sees routes only; `ApiGatewayInferredSpan::new().layer(app)` around the whole router sees every request |
//! | `tower::ServiceBuilder` | the first layer |
//! | tonic | `Server::builder().layer(..)`, first |
//! | hyper | `TowerToHyperService::new(layer.layer(service))`, of hyper-util |
//! | actix-web | `App::wrap`, added last, with the feature `actix-web` |
//!
//! Added twice, it makes one span.
//!
//! [`Router::layer`]: https://docs.rs/axum/0.8/axum/struct.Router.html#method.layer
//!
//! # Whose child, and whose parent
//!
//! The gateway's span is the child of the span that the request's headers name: the one that the propagator finds, or,
//! if there is none and [`XRay`] says so, the one that X-Ray recorded. It inherits the sampling decision. A sampler sees
//! the span's attributes when it decides, unless the parent isn't sampled: then it sees the name alone.
//!
//! The application's server span becomes the gateway span's child, whatever makes it. It finds the gateway's span in
//! three places:
//!
//! - the current OpenTelemetry context, around the service's call, every poll, and every frame of the body;
//! - the request's propagation headers, which the layer writes with your propagator, whether the client sent any or not
//!   (in actix-web, only if it did);
//! - the request's extensions, as an [`InferredSpan`].
//!
//! The layer changes nothing else about the request.
//!
//! ## What can't be had
//!
//! | span | why | what helps |
//! |---|---|---|
//! | made from the current context, behind a spawn or a buffer (`TraceLayer` with a span of its own, `#[instrument]`, `tracer.start`) | nothing is current in the other task | [`server_span`], [`server_span_with`], or [`InferredSpan::context`] attached there |
//! | made from the headers, behind a spawn or a buffer, without a propagator or with one that never writes | no header names the gateway's span | install a propagator, such as W3C's |
//! | the same in actix-web, if the client sent no trace headers | actix-web panics if headers are written while somebody holds the `HttpRequest` | [`InferredSpan::context`] |
//! | made by what is dropped when a request is cut off, such as a transaction that is rolled back, if that isn't instrumented | nothing is current when a server drops a request | `.instrument(..)`, or a handler with `#[instrument]` |
//! | under `tracing_opentelemetry`'s `with_context_activation(false)`, inside another `tracing` span | it then takes its parent from that span alone | leave it on, which is the default |
//! | tonic's `trace_fn` | made outside all layers | |
//! | `#[instrument(parent = None)]` | says so itself | |
//!
//! # When the span ends
//!
//! When the response's body has come to its end, so that a stream is measured whole. It is an error if the status is
//! one ([`error_statuses`]), or, with the attribute `error.type`, if the application panicked (`panic`), its service
//! or body failed (`service`, `body`: a body shorter than its `Content-Length` has failed), or the request was cut off: at
//! the gateway's integration timeout (`timeout`), or before (`cancelled`). gRPC's server errors have their names
//! (`INTERNAL`). A request that was cut off at the timeout before its head has the status that the gateway answered with,
//! 504 or 503, and `inferred_span.status_inferred`; so has one that was answered after an
//! [`integration_timeout`](ApiGatewayInferredSpan::integration_timeout) that was set. After an upgrade (status 101, WebSocket) it ends at the upgrade.
//! What it measures is the handing over to the server: what the server has taken may still be on its way, or never
//! arrive. `datadog-opentelemetry` goes by the status alone where there is one: what fails or is cut off after the response's
//! head with status 200 is no error there.
//!
//! [`error_statuses`]: ApiGatewayInferredSpan::error_statuses
//!
//! # Metrics
//!
//! With the feature `metrics`, the layer records what API Gateway's own dashboards show, as far as the application can
//! know it: durations as the gateway and as the application saw them, requests in progress, and rejections by reason.
//! They go to the global meter provider or to that of `.meter_provider(..)`, for every request, sampled or not. [Metrics
//! and logs] lists names and attributes, and says what they correspond to in CloudWatch.
//!
//! # Access log
//!
//! With the feature `access-log` and `.access_log(true)`, each request through the gateway is logged under the field
//! names of the gateway's own access log, and with the trace id: the module `access_log`.
//!
//! [Metrics and logs]: https://github.com/apigateway-inferred-span/apigateway-inferred-span/blob/main/docs/metrics-and-logs.md
//!
//! # AWS Lambda
//!
//! No header mapping reaches a Lambda function, but its events say the same, and nobody can forge them.
//!
//! | feature | the event is found | the layer goes |
//! |---|---|---|
//! | `lambda-http` | in the extensions of `lambda_http`'s requests | on the router of `lambda_http::run` |
//! | `lambda` | in the invocation | on `lambda_runtime::Runtime`, outside of `OpenTelemetryLayer`; round a handler of events, it sees its errors |
//! | `request-context` | in the Lambda Web Adapter's header, with `.request_context(true)` | on the router |
//!
//! Clones of one layer can be on the runtime and on the router: the inner one tells the outer one what was answered. With
//! `.flush(f)`, what is left is sent before Lambda freezes the process. [AWS Lambda] says what each form records, what can't
//! be had, and how it is deployed.
//!
//! [AWS Lambda]: https://github.com/apigateway-inferred-span/apigateway-inferred-span/blob/main/docs/lambda.md
//!
//! # Who is believed
//!
//! Whoever can reach the application without the gateway, or through a method without the mapping, can send the
//! gateway's headers. Hence the layer is off by default, and can be told whom to believe: [`allow_domains`],
//! [`allow_api_ids`], [`shared_secret`], [`max_request_age`], [`accept_if`].
//!
//! [`allow_domains`]: ApiGatewayInferredSpan::allow_domains
//! [`allow_api_ids`]: ApiGatewayInferredSpan::allow_api_ids
//! [`shared_secret`]: ApiGatewayInferredSpan::shared_secret
//! [`max_request_age`]: ApiGatewayInferredSpan::max_request_age
//! [`accept_if`]: ApiGatewayInferredSpan::accept_if
//!
#![doc = include_str!("../docs/troubleshooting.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "access-log")]
#[cfg_attr(docsrs, doc(cfg(feature = "access-log")))]
pub mod access_log;
#[cfg(feature = "actix-web")]
#[cfg_attr(docsrs, doc(cfg(feature = "actix-web")))]
pub mod actix;
mod catch_panic;
mod clock;
mod core;
mod env;
mod error_statuses;
mod exchange;
#[cfg(feature = "export")]
#[cfg_attr(docsrs, doc(cfg(feature = "export")))]
pub mod export;
#[cfg(feature = "lambda")]
mod flush;
mod hints;
#[cfg(feature = "lambda")]
#[cfg_attr(docsrs, doc(cfg(feature = "lambda")))]
pub mod lambda;
mod layer;
mod observe;
#[cfg(feature = "otlp")]
#[cfg_attr(docsrs, doc(cfg(feature = "otlp")))]
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
