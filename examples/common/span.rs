//! What a finished span says.

use std::borrow::Cow;
use std::time::Duration;

use opentelemetry::trace::{SpanId, Status};
use opentelemetry::Value;
use opentelemetry_sdk::trace::SpanData;

use super::SERVICE;

fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let mut attributes = span.attributes.iter();
    let found = attributes.find(|attribute| attribute.key.as_str() == key)?;
    Some(&found.value)
}

/// An attribute, as text.
pub(crate) fn text<'a>(span: &'a SpanData, key: &str) -> Option<Cow<'a, str>> {
    attribute(span, key).map(Value::as_str)
}

/// The span's own service, else the resource's.
pub(crate) fn service(span: &SpanData) -> Cow<'_, str> {
    text(span, "service.name").unwrap_or(SERVICE.into())
}

/// What the span was about, where its name doesn't say so.
pub(crate) fn resource(span: &SpanData) -> Option<Cow<'_, str>> {
    let resource = text(span, "resource.name").or_else(|| text(span, "url.path"));
    resource.filter(|resource| *resource != span.name)
}

pub(crate) fn is_gateway(span: &SpanData) -> bool {
    attribute(span, "_dd.inferred_span").is_some()
}

pub(crate) fn id(span: &SpanData) -> SpanId {
    span.span_context.span_id()
}

pub(crate) fn trace_id(span: &SpanData) -> String {
    span.span_context.trace_id().to_string()
}

pub(crate) fn duration(span: &SpanData) -> Duration {
    let duration = span.end_time.duration_since(span.start_time);
    duration.unwrap_or_default()
}

/// The outcome, marked if it is an error.
pub(crate) fn marked_outcome(span: &SpanData) -> String {
    let mark = if is_error(span) { "✗ " } else { "" };
    format!("{mark}{}", outcome(span))
}

pub(crate) fn is_error(span: &SpanData) -> bool {
    matches!(span.status, Status::Error { .. })
}

/// The status code, or what went wrong if there is none.
pub(crate) fn outcome(span: &SpanData) -> Cow<'_, str> {
    let said = text(span, "http.response.status_code").or_else(|| text(span, "error.type"));
    let unsaid = if is_error(span) { "error" } else { "" };
    said.unwrap_or(unsaid.into())
}
