//! The ready pipeline, for who has none: one line sends spans by OTLP, with the gateway as a service of its own.
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
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! ```
//!
//! With `DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true`, which turns the layer on.
//!
//! [`init`] sets what is global: the tracer provider, the propagator, and the subscriber of `tracing`, which writes
//! the log to standard output and makes spans of `tracing`'s. The [`Guard`] sends what is left when it is dropped.
//! Who has a provider already adds an [`Exporter`] to it instead.
//!
//! # Environment
//!
//! Read once, by [`init`]. An empty variable counts as one that isn't set.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` or `grpc` | `http/protobuf` |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | the receiver's URL, to which HTTP adds `/v1/traces` (in `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, the URL as it is) | `http://localhost:4318`, with gRPC `http://localhost:4317` |
//! | `OTEL_EXPORTER_OTLP_TIMEOUT` | how many milliseconds the export of a batch may take, retries and all services together | 10000 |
//! | `OTEL_EXPORTER_OTLP_HEADERS` | `name=value,...` to send along, such as a key | |
//! | `OTEL_EXPORTER_OTLP_COMPRESSION` | `gzip` or `none` | `none` |
//! | `OTEL_EXPORTER_OTLP_INSECURE` | `true`: no TLS, where gRPC's endpoint doesn't say (`localhost:4317`) | `false` |
//! | `OTEL_SERVICE_NAME`, else `DD_SERVICE` | the application's name | `unknown_service:` and the program's |
//! | `OTEL_RESOURCE_ATTRIBUTES` | `key=value,...` of the application's `Resource` | |
//! | `DD_ENV` | its attributes `deployment.environment.name` and, as that was called before, `deployment.environment`, unless `OTEL_RESOURCE_ATTRIBUTES` has one of them | |
//! | `DD_VERSION` | its attribute `service.version`, unless `OTEL_RESOURCE_ATTRIBUTES` has it | |
//! | `OTEL_PROPAGATORS` | any of `tracecontext` and `baggage`, or `none` | `tracecontext,baggage` |
//! | `OTEL_TRACES_SAMPLER` | `always_on`, `always_off`, `traceidratio`, or one of them after `parentbased_` | `parentbased_always_on` |
//! | `OTEL_TRACES_SAMPLER_ARG` | the ratio, from 0 to 1 | 1 |
//! | `OTEL_TRACES_EXPORTER` | `otlp` or `none` | `otlp` |
//! | `OTEL_SDK_DISABLED` | `true`: no spans are made | `false` |
//! | `RUST_LOG` | what is logged, as `tracing_subscriber`'s `EnvFilter` has it | `info` |
//! | `OTEL_BSP_*`, `OTEL_SPAN_*` | what the SDK makes of them | |
//!
//! Those that begin with `OTEL_EXPORTER_OTLP_` have a twin for traces alone that wins, such as
//! `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`. A protocol, endpoint, exporter or propagator that isn't known is an [`Error`],
//! because nothing would arrive; anything else that can't be understood is logged as a warning, and its default
//! stands.
//!
//! Without spans (`OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER=none`) there is still the log, and the propagator.
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
//! No request waits for it. A batch that isn't taken is tried again three times within a second, one that isn't
//! answered is given up after `OTEL_EXPORTER_OTLP_TIMEOUT`, and lost then. Spans that end meanwhile wait, 2048 of them at
//! most (`OTEL_BSP_MAX_QUEUE_SIZE`); those that find no room are dropped. The log says so. The [`Guard`] gives up after
//! 5 seconds.
//!
//! # TLS
//!
//! `https` endpoints are checked against the system's certificates, or those in the file that `SSL_CERT_FILE` names.
//! A proxy is not asked (`HTTPS_PROXY` is not read).

mod destination;
mod error;
mod exporter;
mod guard;
mod init;
mod runtime;
mod settings;
mod subscriber;
mod transport;

pub use error::Error;
pub use exporter::Exporter;
pub use guard::Guard;
pub use init::init;
