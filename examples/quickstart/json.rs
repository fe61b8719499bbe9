//! Spans as JSON, one a line.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry::{Array, Value};
use opentelemetry_sdk::trace::SpanData;
use serde_json::{json, Map};

use crate::common::span;
use crate::trace::Trace;

pub(crate) fn lines(trace: &Trace) -> String {
    let rows = trace.rows();
    rows.iter().map(|row| line(row.span) + "\n").collect()
}

fn line(span: &SpanData) -> String {
    let attributes: Map<String, serde_json::Value> =
        span.attributes.iter().map(|attribute| (attribute.key.to_string(), value(&attribute.value))).collect();
    json!({
        "trace_id": span::trace_id(span),
        "span_id": span::id(span).to_string(),
        "parent_span_id": parent(span.parent_span_id),
        "service": span::service(span),
        "name": span.name,
        "kind": kind(&span.span_kind),
        "start_unix_nano": nanoseconds(span.start_time),
        "end_unix_nano": nanoseconds(span.end_time),
        "status": status(&span.status),
        "attributes": attributes,
    })
    .to_string()
}

fn parent(id: SpanId) -> String {
    if id == SpanId::INVALID {
        String::new()
    } else {
        id.to_string()
    }
}

fn kind(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal => "internal",
    }
}

fn status(status: &Status) -> &'static str {
    match status {
        Status::Unset => "unset",
        Status::Ok => "ok",
        Status::Error { .. } => "error",
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::F64(value) => json!(value),
        Value::Array(Array::Bool(values)) => json!(values),
        Value::Array(Array::I64(values)) => json!(values),
        Value::Array(Array::F64(values)) => json!(values),
        Value::Array(Array::String(values)) => values.iter().map(|value| json!(value.as_str())).collect(),
        other => json!(other.as_str()),
    }
}
