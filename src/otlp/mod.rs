//! A ready pipeline in one line: spans and metrics by OTLP, with the gateway as a separate service.
//!
//! # Example
//!
//! ```no_run
//! use apigateway_inferred_span::{otlp, server_span, ApiGatewayInferredSpan};
//! use axum::{routing::get, Router};
//! use tower_http::trace::TraceLayer;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let _guard = otlp::init()?;
//!     let app = Router::new()
//!         .route("/users/{id}", get(|| async { "Ada" }))
//!         .layer(TraceLayer::new_for_http().make_span_with(server_span))
//!         .layer(ApiGatewayInferredSpan::new());
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(listener, app).with_graceful_shutdown(otlp::shutdown_signal()).await?;
//!     Ok(())
//! }
//! ```
//!
//! With `DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true`, which turns the layer on.
//!
//! [`init`] sets what is global: the tracer provider, the meter provider, the propagator, and the subscriber of
//! `tracing`, which writes the log to standard output and makes spans of `tracing`'s. Records of the `log` crate, such as
//! those of actix-web's `Logger`, are written too. The [`Guard`] sends what is left. With [`builder`], one part of it can
//! be your own. If you have a provider already, add an [`Exporter`] to it instead.
//!
//! For metrics of your own, make instruments after [`init`], with [`opentelemetry::global::meter`]. This crate re-exports
//! the `opentelemetry` that it works with.
//!
//! # Environment
//!
//! Read once, by [`init`], as [OpenTelemetry's specification] says. An empty variable counts as one that isn't set. A
//! value that can't be understood is logged as a warning, and its default stands; of a list, the other parts count.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `OTEL_SDK_DISABLED` | `true`: no spans are made, no metrics are taken, and no other variable is looked at but those of propagator and log | `false` |
//! | `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER` | a list of `otlp` and `console`, or `none` | `otlp` |
//! | `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` or `grpc` | `http/protobuf` |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | the receiver's URL, to whose path HTTP adds `/v1/traces` and `/v1/metrics`. `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` are used as they are | `http://localhost:4318`, with gRPC `http://localhost:4317` |
//! | `OTEL_EXPORTER_OTLP_HEADERS` | `name=value,...` to send along, such as a key, percent-encoded | |
//! | `OTEL_EXPORTER_OTLP_COMPRESSION` | `gzip` or `none` | `none` |
//! | `OTEL_EXPORTER_OTLP_TIMEOUT` | how many milliseconds the receiver may take for an answer | 10000 |
//! | `OTEL_EXPORTER_OTLP_CERTIFICATE` | a PEM file of root certificates, in place of the system's | |
//! | `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY` | PEM files of the client's certificates and key, for mutual TLS | |
//! | `OTEL_EXPORTER_OTLP_INSECURE` | `true`: no TLS, where gRPC's endpoint doesn't say (`localhost:4317`) | `false` |
//! | `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` | `cumulative`, `delta` or `lowmemory`; obeyed by the SDK | `cumulative` |
//! | `OTEL_METRIC_EXPORT_INTERVAL` | how often metrics are sent, in milliseconds; obeyed by the SDK | 60000 |
//! | `OTEL_SERVICE_NAME`, else `DD_SERVICE` | the application's name | `unknown_service:` and the program's |
//! | `OTEL_RESOURCE_ATTRIBUTES` | `key=value,...` of the application's `Resource`, percent-encoded | |
//! | `DD_ENV` | its attributes `deployment.environment.name` and, as that was called before, `deployment.environment`, unless `OTEL_RESOURCE_ATTRIBUTES` has one of them | |
//! | `DD_VERSION` | its attribute `service.version`, unless `OTEL_RESOURCE_ATTRIBUTES` has it | |
//! | `OTEL_PROPAGATORS` | a list of `tracecontext`, `baggage`, `b3`, `b3multi`, `xray` and `datadog`, or `none`: see [Propagators](#propagators) | `tracecontext,baggage` |
//! | `OTEL_TRACES_SAMPLER` | `always_on`, `always_off`, `traceidratio`, or one of them after `parentbased_` | `parentbased_always_on` |
//! | `OTEL_TRACES_SAMPLER_ARG` | the ratio, from 0 to 1 | 1 |
//! | `APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH` | `true`: service graphs have an [edge](crate::export#service-graphs) from the gateway to the application | `false` |
//! | `RUST_LOG` | what is logged, as `tracing_subscriber`'s `EnvFilter` has it | `info` |
//! | `OTEL_BSP_*`, `OTEL_SPAN_*` | obeyed by the SDK | |
//!
//! Variables that begin with `OTEL_EXPORTER_OTLP_` have a twin for spans and one for metrics that take precedence, such
//! as `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` and `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT`. Only an endpoint that is no URL and a
//! file that can't be used are an [`Error`], because nothing would arrive.
//!
//! Without spans and metrics there is still the log, and the propagator.
//!
//! [OpenTelemetry's specification]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
//!
//! # Propagators
//!
//! Each propagator of `OTEL_PROPAGATORS` reads its headers and writes them. If several of them find a span, the last one
//! in the list wins; one whose headers are missing or malformed changes nothing.
//!
//! `b3` and `b3multi` both read the single header `b3` and the multiple headers `x-b3-*`; the first writes the single
//! header, the second the multiple ones. `xray` reads and writes `X-Amzn-Trace-Id`, and `datadog` the headers
//! `x-datadog-*`.
//!
//! Clients that use these four can leave the sampling decision open, for instance with `Sampled=?`; then
//! `OTEL_TRACES_SAMPLER` decides as if the client had no span. They can also send a decision without a span, such as
//! `b3: 0`, which the samplers that begin with `parentbased_` follow.
//!
//! # Which spans
//!
//! Of `tracing`'s: those at level info and above, and the server spans of `tower-http` and
//! `axum-tracing-opentelemetry`, which are at lower ones. `RUST_LOG` is about the log alone, so that `RUST_LOG=warn`
//! doesn't cut traces.
//!
//! # Where it can be called
//!
//! Anywhere, in a runtime of tokio's or outside of one: the exporter has a runtime and thread of its own.
//!
//! # If the receiver fails
//!
//! No request waits for it. While the receiver is away, as an Agent that is restarted, an export is tried again for a
//! minute. Spans that end meanwhile wait in the SDK's queue, 2048 of them at most (`OTEL_BSP_MAX_QUEUE_SIZE`); those that
//! find no room are dropped. What is given up is counted, and the log says so once a minute at most, and when exports
//! succeed again. At the end of the process the [`Guard`] gives up after 5 seconds, and
//! logs it; the process's exit code doesn't change.
//!
//! A receiver that takes no metrics, such as Jaeger (404, `UNIMPLEMENTED`), is named in the log once, and asked again at
//! intervals that grow from a minute to an hour.
//!
//! Exports go out one after another over gRPC, and on four connections at most over HTTP, however many gateways there
//! are.
//!
//! # TLS
//!
//! `https` endpoints are checked against the system's certificates, those in the file that `SSL_CERT_FILE` names, or those
//! of `OTEL_EXPORTER_OTLP_CERTIFICATE`. `HTTPS_PROXY` is not read.

mod builder;
mod destination;
mod endpoint;
mod error;
mod exporter;
mod failure;
mod guard;
mod losses;
mod metrics;
mod names;
mod outlets;
mod pairs;
mod propagation;
mod providers;
mod refusal;
mod resource;
mod runtime;
mod settings;
mod shutdown_signal;
mod signal;
mod subscriber;
mod tls;
mod transport;

pub use builder::{builder, init, Builder};
pub use error::Error;
pub use exporter::Exporter;
pub use guard::Guard;
pub use shutdown_signal::shutdown_signal;
