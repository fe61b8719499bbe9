//! A complete OpenTelemetry pipeline in one line: spans and metrics by OTLP, with the gateway as a separate service.
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
//! Set `DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true` to turn the layer on.
//!
//! [`init`] installs the global tracer provider, meter provider and propagator, and a `tracing` subscriber that writes
//! the log to standard output and exports `tracing` spans. Records of the `log` crate, such as those of actix-web's
//! `Logger`, are logged as well. The [`Guard`] sends the remaining spans and metrics at the end of the process.
//! [`builder`] replaces or adds parts of the pipeline. If the application has a tracer provider already, add an
//! [`Exporter`] to it instead.
//!
//! For metrics of your own, create instruments after [`init`], with [`opentelemetry::global::meter`] from the
//! `opentelemetry` that this crate re-exports.
//!
//! # Environment
//!
//! [`init`] reads the environment once, as [OpenTelemetry's specification] requires. An empty variable counts as unset.
//! An invalid value is logged as a warning and replaced by the default; of a list, only the invalid parts are ignored.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `OTEL_SDK_DISABLED` | `true`: no spans and no metrics are recorded; only the variables of propagators and log are read | `false` |
//! | `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER` | a list of `otlp` and `console`, or `none` | `otlp` |
//! | `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` or `grpc` | `http/protobuf` |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | the receiver's URL, to whose path HTTP adds `/v1/traces` and `/v1/metrics`. `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` are used as they are | `http://localhost:4318`, with gRPC `http://localhost:4317` |
//! | `OTEL_EXPORTER_OTLP_HEADERS` | `name=value,...`: headers of each export, such as an API key; percent-encoded | |
//! | `OTEL_EXPORTER_OTLP_COMPRESSION` | `gzip` or `none` | `none` |
//! | `OTEL_EXPORTER_OTLP_TIMEOUT` | time limit for the receiver's answer, in milliseconds | 10000 |
//! | `OTEL_EXPORTER_OTLP_CERTIFICATE` | path of a PEM file of root certificates, which replace the system's | |
//! | `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY` | paths of PEM files with the client's certificates and key, for mutual TLS | |
//! | `OTEL_EXPORTER_OTLP_INSECURE` | `true`: no TLS, if a gRPC endpoint has no scheme (`localhost:4317`) | `false` |
//! | `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` | `cumulative`, `delta` or `lowmemory`; read by the SDK | `cumulative` |
//! | `OTEL_METRIC_EXPORT_INTERVAL` | interval between exports of metrics, in milliseconds; read by the SDK | 60000 |
//! | `OTEL_SERVICE_NAME`, otherwise `DD_SERVICE` | the application's `service.name` | `unknown_service:` and the program's name |
//! | `OTEL_RESOURCE_ATTRIBUTES` | `key=value,...`: attributes of the application's `Resource`, percent-encoded | |
//! | `DD_ENV` | the attributes `deployment.environment.name` and `deployment.environment` (its former name), unless `OTEL_RESOURCE_ATTRIBUTES` has one of them | |
//! | `DD_VERSION` | the attribute `service.version`, unless `OTEL_RESOURCE_ATTRIBUTES` has it | |
//! | `OTEL_PROPAGATORS` | a list of `tracecontext`, `baggage`, `b3`, `b3multi`, `xray` and `datadog`, or `none`: see [Propagators](#propagators) | `tracecontext,baggage` |
//! | `OTEL_TRACES_SAMPLER` | `always_on`, `always_off`, `traceidratio`, or one of them after `parentbased_` | `parentbased_always_on` |
//! | `OTEL_TRACES_SAMPLER_ARG` | the ratio, from 0 to 1 | 1 |
//! | `APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH` | `true`: service graphs show an [edge](crate::export#service-graphs) from the gateway to the application | `false` |
//! | `RUST_LOG` | what is logged, in the syntax of `tracing_subscriber`'s `EnvFilter` | `info` |
//! | `OTEL_BSP_*`, `OTEL_SPAN_*` | read by the SDK | |
//!
//! For each variable that begins with `OTEL_EXPORTER_OTLP_` there is one for spans and one for metrics that take
//! precedence, such as `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` and `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT`. Only an endpoint
//! that isn't a URL and a file that can't be used are an [`Error`], because no export could succeed.
//!
//! If neither spans nor metrics are exported, the log and the propagator are installed all the same.
//!
//! [OpenTelemetry's specification]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
//!
//! # Propagators
//!
//! Each propagator of `OTEL_PROPAGATORS` reads its headers and writes them. If several of them find a span, the last
//! one in the list takes precedence; one whose headers are missing or malformed changes nothing.
//!
//! `b3` and `b3multi` both read the single header `b3` and the multiple headers `x-b3-*`; the first writes the single
//! header, the second the multiple ones. `xray` reads and writes `X-Amzn-Trace-Id`, and `datadog` the headers
//! `x-datadog-*`.
//!
//! Clients that use these four can defer the sampling decision, for instance with `Sampled=?`. Then
//! `OTEL_TRACES_SAMPLER` decides as if the request had no parent. They can also send a decision without a span, such as
//! `b3: 0`, which the samplers that begin with `parentbased_` follow.
//!
//! # Exported `tracing` spans
//!
//! Exported are the spans of `tracing` at level info and above, and the server spans of `tower-http` and
//! `axum-tracing-opentelemetry`, whose levels are below info. `RUST_LOG` applies to the log only, so that
//! `RUST_LOG=warn` doesn't remove spans from traces.
//!
//! # Runtime
//!
//! [`init`] can be called inside or outside of a tokio runtime: the exporter has a separate runtime, with one thread.
//!
//! # Unreachable receivers
//!
//! Requests never wait for the receiver. While it is unreachable, for instance because an Agent restarts, an export is
//! retried for a minute. Spans that end meanwhile wait in the SDK's queue, which holds 2048
//! (`OTEL_BSP_MAX_QUEUE_SIZE`); further spans are dropped. The number of lost spans is logged at most once a minute,
//! and so is the first export that succeeds again. At the end of the process, the [`Guard`] gives up after 5 seconds
//! and logs a warning; the process's exit code doesn't change.
//!
//! If a receiver accepts no metrics, as Jaeger does (404, `UNIMPLEMENTED`), the log says so once, and metrics are sent
//! again at intervals that grow from a minute to an hour.
//!
//! Over gRPC, exports are sent one after another; over HTTP, on at most four connections, however many gateways there
//! are.
//!
//! # TLS
//!
//! The certificates of `https` endpoints are checked against the system's root certificates, or those in the file that
//! `SSL_CERT_FILE` or `OTEL_EXPORTER_OTLP_CERTIFICATE` names. `HTTPS_PROXY` is not read.

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
