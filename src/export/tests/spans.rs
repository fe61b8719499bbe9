//! Spans and Resources for the tests, and a way to export them.

use std::collections::BTreeMap;
use std::iter;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use opentelemetry_sdk::Resource;

use super::backend::Exporter;
use crate::export::PerServiceExporter;

pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

/// The application's Resource.
pub(super) fn app() -> Resource {
    resource(&[("service.name", "app"), ("team", "orders")])
}

pub(super) fn resource(attributes: &[(&'static str, &str)]) -> Resource {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(key, value)| KeyValue::new(*key, value.to_string()));
    Resource::builder_empty().with_attributes(attributes).build()
}

pub(super) fn span(id: u64, attributes: Vec<KeyValue>) -> SpanData {
    let context =
        SpanContext::new(TraceId::from(1), SpanId::from(id + 1), TraceFlags::SAMPLED, false, TraceState::NONE);
    SpanData {
        span_context: context,
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: "span".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}

pub(super) fn id(span: &SpanData) -> u64 {
    u64::from_be_bytes(span.span_context.span_id().to_bytes()) - 1
}

/// A span of the application.
pub(super) fn app_span(id: u64) -> SpanData {
    span(id, Vec::new())
}

/// A span of another service.
pub(super) fn service_span(service: &str, id: u64) -> SpanData {
    span(id, vec![KeyValue::new("service.name", service.to_owned())])
}

/// One span of the application and one of each of the services `a`, `b` and `c`, with ids from `first_id`.
pub(super) fn four_spans(first_id: u64) -> Vec<SpanData> {
    let services = ["a", "b", "c"].into_iter().zip(first_id + 1..);
    let services = services.map(|(service, id)| service_span(service, id));
    iter::once(app_span(first_id)).chain(services).collect()
}

/// Services and the ids of their spans, to compare with what a backend received.
pub(super) fn ids<const N: usize>(by_service: [(&str, &[u64]); N]) -> BTreeMap<String, Vec<u64>> {
    by_service.into_iter().map(|(service, ids)| (service.to_owned(), ids.to_vec())).collect()
}

/// Exports a batch, which must complete without waiting.
pub(super) fn export(exporter: &PerServiceExporter<Exporter>, batch: Vec<SpanData>) -> OTelSdkResult {
    let result = exporter.export(batch).now_or_never();
    result.expect("completed at once")
}

pub(super) fn error_message(result: OTelSdkResult) -> String {
    result.expect_err("an error").to_string()
}
