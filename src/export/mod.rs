//! Exports the gateway's spans as a separate service, for every backend.
//!
//! Datadog reads a span's service from the span's attribute `service.name`. Jaeger, Tempo, AWS X-Ray and most others
//! read it from the [`Resource`] that the span is exported under. An exporter has one `Resource`, so that these
//! backends would show the gateway's spans as the application's. [`PerServiceExporter`] splits each batch by the spans'
//! attribute `service.name`, and has one exporter for each service.
//!
//! # Example
//!
//! With OTLP exporters that share one HTTP client, and so its connections:
//!
//! ```ignore
//! use std::thread;
//!
//! use apigateway_inferred_span::export::PerServiceExporter;
//! use apigateway_inferred_span::ApiGatewayInferredSpan;
//! use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
//! use opentelemetry_sdk::trace::SdkTracerProvider;
//!
//! // A blocking client must not be created in async code, so use a separate thread.
//! let client = thread::spawn(reqwest::blocking::Client::new).join().expect("a client");
//! let exporter = PerServiceExporter::new(move || {
//!     SpanExporter::builder()
//!         .with_http()
//!         .with_http_client(client.clone())
//!         .build()
//!         .expect("a valid configuration")
//! });
//! let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
//! let layer = ApiGatewayInferredSpan::new().tracer_provider(&provider);
//! assert!(provider.shutdown().is_ok());
//! ```
//!
//! For gRPC, pass a clone of one `tonic` channel to `with_channel`. Create the channel inside the tokio runtime.
//!
//! # The `Resource` of a span
//!
//! | span | `Resource` |
//! |---|---|
//! | without `service.name`, or with the application's | the application's |
//! | with another `service.name` | the application's, with that `service.name` |
//! | of a gateway (with `_dd.inferred_span`), with another `service.name` | the application's, with that `service.name`, without the attributes that describe the application's process, and with the gateway's `cloud.provider` |
//!
//! The attributes that describe the application's process are `service.version`, `service.instance.id`, `host.*`,
//! `container.*`, `process.*`, `k8s.*`, `os.*`, `aws.ecs.*`, `aws.eks.*`, `aws.log.*`, `faas.*`, `cloud.platform`,
//! `cloud.availability_zone`, `cloud.resource_id`, `cloud.region` and `cloud.account.id`. All others remain, such as
//! `service.namespace`, `deployment.environment.name` and `telemetry.sdk.*`.
//!
//! The gateway's region and account are attributes of its spans, not of its `Resource`: the next request's may differ,
//! and clients can send them if they aren't mapped, so they don't identify a service.
//!
//! The spans themselves aren't changed, unless service graphs are to show an edge.
//!
//! # Service graphs
//!
//! Tempo's service graph and the Collector's `servicegraph` connector draw an edge if a SERVER span is the child of a
//! CLIENT span. The gateway's span and the application's are both SERVER spans. Therefore there is no edge between
//! them, and the application loses the edge from a traced client. With
//! [`service_graph(true)`](PerServiceExporter::service_graph), a gateway's span is exported as two spans, both under
//! the gateway's `Resource` and in the same batch:
//!
//! | span | kind | id | parent | attributes |
//! |---|---|---|---|---|
//! | the request that the gateway received | SERVER | new, derived from the original | the gateway's client, if it is traced | all of the original's, and its links and events |
//! | the request that the gateway forwarded | CLIENT | the original | the span above | `http.request.method`, `url.full`, `http.response.status_code`, `error.type`, `inferred_span.status_inferred`, and `peer.service`, which is the application's `service.name` |
//!
//! Both have the original's name, times, status, sampling decision and trace state. Nothing changes for the
//! application, because its span's parent has the original id. The new id depends on the original only, so a batch that
//! is sent again contains the same spans.
//!
//! Spans that are exported under the application's `Resource`, and those of services that aren't gateways, aren't
//! split.
//!
//! Leave it off for Datadog, whose tracers send one span for a gateway, and for Jaeger, which draws edges between spans
//! of any kind. Metrics that a backend derives from spans count a gateway's requests twice: restrict them to SERVER
//! spans.
//!
//! # Number of exporters
//!
//! The names of services come from requests and so, if the gateway can be bypassed, from any client. Therefore their
//! number has a [limit](PerServiceExporter::max_services). Once it is reached, a new service takes the place of the
//! least recently used one, whose exporter is flushed and shut down, but only if that service has been
//! [idle](PerServiceExporter::min_idle_time) for long enough. Otherwise the new service's spans are exported under the
//! application's `Resource`, and a warning is logged once. At no time are more exporters open than the limit allows, no
//! exporter is closed while it is in use, and no span is lost.
//!
//! A batch causes one export for each service in it. An exporter that blocks, such as one with a blocking HTTP client,
//! delays the next one. The application's export comes first.
//!
//! [`Resource`]: opentelemetry_sdk::Resource

mod edge;
mod exporters;
mod groups;
mod per_service;
mod service;
#[cfg(test)]
mod tests;

pub use per_service::PerServiceExporter;
