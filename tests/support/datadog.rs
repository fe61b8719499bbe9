//! As much of Datadog's propagation headers as the golden requests use.

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::Context;

const TRACE_ID: &str = "x-datadog-trace-id";
const PARENT_ID: &str = "x-datadog-parent-id";
const PRIORITY: &str = "x-datadog-sampling-priority";

#[derive(Debug)]
pub struct DatadogPropagator {
    fields: [String; 3],
}

impl DatadogPropagator {
    pub fn new() -> Self {
        Self { fields: [TRACE_ID, PARENT_ID, PRIORITY].map(str::to_owned) }
    }
}

impl TextMapPropagator for DatadogPropagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            let low = u128::from_be_bytes(span.trace_id().to_bytes()) as u64;
            let parent = u64::from_be_bytes(span.span_id().to_bytes());
            injector.set(TRACE_ID, low.to_string());
            injector.set(PARENT_ID, parent.to_string());
            injector.set(PRIORITY, u8::from(span.is_sampled()).to_string());
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let number = |name| extractor.get(name)?.parse::<u64>().ok();
        let (Some(trace), Some(parent)) = (number(TRACE_ID), number(PARENT_ID)) else {
            return context.clone();
        };
        let priority = extractor.get(PRIORITY).and_then(|priority| priority.parse::<i8>().ok());
        context.with_remote_span_context(SpanContext::new(
            TraceId::from(u128::from(trace)),
            SpanId::from(parent),
            TraceFlags::default().with_sampled(priority.is_none_or(|priority| priority > 0)),
            true,
            TraceState::NONE,
        ))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}
