//! The gateway as a service of its own, in every backend.
//!
//! Datadog takes a span's service from the span's attribute `service.name`. Jaeger, Tempo, AWS X-Ray and most others
//! take it from the [`Resource`] that the span is exported under, and an exporter has one `Resource`: there, the
//! gateway's spans would look like the application's. [`PerServiceExporter`] splits each batch by the spans' attribute
//! `service.name` and keeps an exporter for each service.
//!
//! # Example
//!
//! With the exporters of OTLP, which all use one HTTP client, and so share its connections:
//!
//! ```ignore
//! use std::thread;
//!
//! use apigateway_inferred_span::export::PerServiceExporter;
//! use apigateway_inferred_span::ApiGatewayInferredSpan;
//! use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
//! use opentelemetry_sdk::trace::SdkTracerProvider;
//!
//! // A blocking client can't be made in async code: hence on a thread of its own.
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
//! For gRPC, hand `with_channel` a clone of one `tonic` channel, made where the runtime is.
//!
//! # Which `Resource`
//!
//! | span | exported under |
//! |---|---|
//! | without `service.name`, or with the application's own | the application's `Resource` |
//! | with another `service.name` | the same with that `service.name` |
//! | of a gateway (it has `_dd.inferred_span`), with another `service.name` | the same with that `service.name`, without what is only true of the application's process, and with the gateway's `cloud.provider` |
//!
//! Only true of the application's process are `service.version`, `service.instance.id`, `host.*`, `container.*`,
//! `process.*`, `k8s.*`, `os.*`, `aws.ecs.*`, `aws.eks.*`, `aws.log.*`, `faas.*`, `cloud.platform`,
//! `cloud.availability_zone`, `cloud.resource_id`, `cloud.region` and `cloud.account.id`. The rest stays, among it
//! `service.namespace`, `deployment.environment.name` and `telemetry.sdk.*`.
//!
//! The gateway's own region and account are on its spans: the next request's may differ, and where they aren't mapped
//! they are the client's, so that they tell no services apart.
//!
//! The spans themselves go out as they are, unless there is to be an edge in service graphs.
//!
//! # Service graphs
//!
//! Tempo's service graph and the Collector's `servicegraph` connector draw an edge where a span of kind SERVER is the
//! child of one of kind CLIENT. The gateway's span is of kind SERVER, and so is the application's: there is no edge
//! between them, and the application loses the one that it would have from a traced client. With
//! [`service_graph(true)`](PerServiceExporter::service_graph), a gateway's span goes out as two, both under the
//! gateway's `Resource` and in one batch:
//!
//! | | kind | id | parent | it has |
//! |---|---|---|---|---|
//! | the request that the gateway received | SERVER | new, derived from the original | the gateway's client, if that is traced | everything else: all attributes, links, events |
//! | the request that it sent on | CLIENT | the original | the span above | `http.request.method`, `url.full`, `http.response.status_code`, `error.type`, `inferred_span.status_inferred`, and `peer.service`, the application's `service.name` |
//!
//! Name, times, status, sampling and trace state are the same. Nothing changes for the application: its span's parent
//! has the original id. The new id depends on the original alone, so that a batch that is sent again has the same spans.
//!
//! Not split are spans that are exported under the application's `Resource`, and those of other services.
//!
//! Leave it off if the spans go to Datadog, whose tracers have one span for a gateway, or to Jaeger, which draws the edge
//! from parents of any kind. Metrics that are made of spans count a gateway's requests twice: select spans of kind
//! SERVER.
//!
//! # How many exporters
//!
//! The names come from requests, and so, where the gateway can be bypassed, from anyone. Hence the
//! [limit](PerServiceExporter::max_services): once it is reached, a new service takes the place of the one that was
//! used least recently, whose exporter is flushed and shut down, but only if that one has been
//! [idle](PerServiceExporter::min_idle_time) for minutes. Otherwise the new service's spans go out under the application's
//! own `Resource`, and a warning is logged, once. Whatever is sent, no more exporters than that are open or are made in
//! that time, none is closed while it is in use, and no span is lost.
//!
//! A batch makes a request for each service in it, and an exporter that blocks (as those with a blocking HTTP client
//! do) makes the next one wait. The application's own goes first.
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
