//! Spans as Datadog's Agent maps those that it gets by OTLP, so that they can be compared with golden ones.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanId, Status, TraceId};
use serde_json::Value;

use crate::spans::Span;

pub fn as_agent_maps(span: &Span) -> golden::Span {
    let mut mapped = golden::Span {
        trace_id: low_64_bits(span.trace_id),
        span_id: id(span.span_id),
        parent_id: id(span.parent),
        start: nanos(span.start.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970")),
        duration: nanos(span.duration()),
        error: i64::from(matches!(span.status, Status::Error { .. })),
        ..golden::Span::default()
    };
    let kind = format!("{:?}", span.kind).to_lowercase();
    mapped.meta.insert("span.kind".to_owned(), kind);
    mapped.meta.insert("otel.trace_id".to_owned(), span.trace_id.to_string());
    for (name, value) in span.attributes.as_object().expect("an object") {
        map_attribute(&mut mapped, name, value);
    }
    mapped
}

fn map_attribute(span: &mut golden::Span, name: &str, value: &Value) {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let tag = match name {
        "operation.name" => return span.name = text,
        "service.name" => return span.service = text,
        "resource.name" => return span.resource = text,
        "span.type" => return span.kind = text,
        "http.request.method" => "http.method",
        "http.response.status_code" => "http.status_code",
        "server.address" => "http.server_name",
        "url.full" => "http.url",
        "user_agent.original" => "http.useragent",
        name => name,
    };
    if let Some(number) = value.as_f64() {
        span.metrics.insert(tag.to_owned(), number);
    }
    if !value.is_number() || tag == "http.status_code" {
        span.meta.insert(tag.to_owned(), text);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("less than 584 years")
}

fn id(span: SpanId) -> u64 {
    u64::from_be_bytes(span.to_bytes())
}

pub fn low_64_bits(trace: TraceId) -> u64 {
    u128::from_be_bytes(trace.to_bytes()) as u64
}
