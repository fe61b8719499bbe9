//! A provider of each test's own, and its finished spans as values that can be compared whole.

use std::time::{Duration, SystemTime};

use apigateway_inferred_span::ApiGatewayInferredSpan;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceId};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use serde_json::{json, Map};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A provider and the spans that it has ended.
pub struct Recorder {
    pub provider: SdkTracerProvider,
    ended: UnboundedReceiver<SpanData>,
}

impl Recorder {
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub fn with(
        configure: impl FnOnce(
            opentelemetry_sdk::trace::TracerProviderBuilder,
        ) -> opentelemetry_sdk::trace::TracerProviderBuilder,
    ) -> Self {
        let (sender, ended) = unbounded_channel();
        let builder = SdkTracerProvider::builder().with_simple_exporter(Sender(sender));
        Self { provider: configure(builder).build(), ended }
    }

    /// The layer under test, on this recorder and with the W3C propagator.
    pub fn layer(&self) -> ApiGatewayInferredSpan {
        ApiGatewayInferredSpan::new()
            .enabled(true)
            .tracer_provider(&self.provider)
            .propagator(TraceContextPropagator::new())
    }

    /// The spans that have ended since the last call.
    pub fn ended(&mut self) -> Vec<Span> {
        let mut spans = Vec::new();
        while let Ok(span) = self.ended.try_recv() {
            spans.push(Span::from(span));
        }
        spans
    }

    /// The next span to end.
    pub async fn next(&mut self) -> Span {
        let span = tokio::time::timeout(PATIENCE, self.ended.recv()).await;
        Span::from(span.expect("a span ends").expect("the provider is there"))
    }
}

#[derive(Debug)]
struct Sender(UnboundedSender<SpanData>);

impl SpanExporter for Sender {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            let _ = self.0.send(span);
        }
        Ok(())
    }
}

/// An ended span.
#[derive(Clone, Debug)]
pub struct Span {
    pub name: String,
    pub kind: SpanKind,
    pub status: Status,
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub parent: SpanId,
    pub links: Vec<SpanContext>,
    pub start: SystemTime,
    pub end: SystemTime,
    /// A JSON object.
    pub attributes: serde_json::Value,
}

impl Span {
    pub fn is_gateway(&self) -> bool {
        !self.attribute("_dd.inferred_span").is_null()
    }

    pub fn attribute(&self, key: &str) -> &serde_json::Value {
        &self.attributes[key]
    }

    /// Whether it began so long before its end. The system's clock may be set back a little between the gateway's time
    /// and the receipt.
    pub fn is_as_long_as(&self, age: Duration) -> bool {
        self.duration() + Duration::from_millis(20) >= age
    }

    pub fn duration(&self) -> Duration {
        self.end.duration_since(self.start).expect("no span ends before it starts")
    }

    pub fn start_ms(&self) -> u64 {
        millis(self.start)
    }
}

impl From<SpanData> for Span {
    fn from(span: SpanData) -> Self {
        Self {
            name: span.name.into_owned(),
            kind: span.span_kind,
            status: span.status,
            trace_id: span.span_context.trace_id(),
            span_id: span.span_context.span_id(),
            parent: span.parent_span_id,
            links: span.links.iter().map(|link| link.span_context.clone()).collect(),
            start: span.start_time,
            end: span.end_time,
            attributes: attributes(span.attributes),
        }
    }
}

/// Fails on an attribute that was set twice.
fn attributes(attributes: Vec<KeyValue>) -> serde_json::Value {
    let mut object = Map::new();
    for KeyValue { key, value, .. } in attributes {
        let value = match value {
            Value::Bool(value) => json!(value),
            Value::I64(value) => json!(value),
            Value::F64(value) => json!(value),
            Value::String(value) => json!(value.as_str()),
            other => panic!("unexpected kind of attribute: {other:?}"),
        };
        let before = object.insert(key.to_string(), value);
        assert!(before.is_none(), "attribute {key} is set twice");
    }
    object.into()
}

pub fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.expect("after 1970").as_millis() as u64
}

pub fn now_ms() -> u64 {
    millis(SystemTime::now())
}
