//! The tracer providers and propagators that an input can choose, some of which panic.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName};
use opentelemetry::propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::KeyValue;
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, SdkTracerProvider, ShouldSample};
use opentelemetry_sdk::Resource;

use super::events::{on_end, on_start};
use super::input::Propagation;
use super::panics::deliberate_panic;
use crate::Recorder;

#[derive(Clone, Debug)]
struct PanickingSampler;

impl ShouldSample for PanickingSampler {
    fn should_sample(
        &self,
        _: Option<&opentelemetry::Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        deliberate_panic()
    }
}

pub(crate) struct Providers {
    pub(crate) on: SdkTracerProvider,
    pub(crate) off: SdkTracerProvider,
    pub(crate) parent_based: SdkTracerProvider,
    pub(crate) panics: SdkTracerProvider,
    pub(crate) shut_down: SdkTracerProvider,
}

fn provider(sampler: impl ShouldSample + 'static) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_sampler(sampler)
        .with_span_processor(Recorder { on_start, on_end })
        .build()
}

pub(crate) static PROVIDERS: LazyLock<Providers> = LazyLock::new(|| {
    let shut_down = provider(Sampler::AlwaysOn);
    shut_down.shutdown().expect("shut down");
    Providers {
        on: provider(Sampler::AlwaysOn),
        off: provider(Sampler::AlwaysOff),
        parent_based: provider(Sampler::ParentBased(Box::new(Sampler::AlwaysOn))),
        panics: provider(PanickingSampler),
        shut_down,
    }
});

#[derive(Debug)]
struct PanickingPropagator {
    at_inject: bool,
    inner: TraceContextPropagator,
}

impl TextMapPropagator for PanickingPropagator {
    fn inject_context(&self, cx: &opentelemetry::Context, injector: &mut dyn Injector) {
        if self.at_inject {
            deliberate_panic();
        }
        self.inner.inject_context(cx, injector);
    }

    fn extract_with_context(&self, cx: &opentelemetry::Context, extractor: &dyn Extractor) -> opentelemetry::Context {
        if !self.at_inject {
            deliberate_panic();
        }
        self.inner.extract_with_context(cx, extractor)
    }

    fn fields(&self) -> opentelemetry::propagation::text_map_propagator::FieldIter<'_> {
        self.inner.fields()
    }
}

type BoxedPropagator = Box<dyn TextMapPropagator + Send + Sync>;

pub(crate) fn propagator(kind: Propagation) -> TextMapCompositePropagator {
    let panicking = |at_inject| -> BoxedPropagator {
        let inner = TraceContextPropagator::new();
        Box::new(PanickingPropagator { at_inject, inner })
    };
    let trace_context = || -> BoxedPropagator { Box::new(TraceContextPropagator::new()) };
    let x_ray = || -> BoxedPropagator { Box::new(XrayPropagator::default()) };
    TextMapCompositePropagator::new(match kind {
        Propagation::TraceContext => vec![trace_context()],
        Propagation::WithBaggage => vec![trace_context(), Box::new(BaggagePropagator::new())],
        Propagation::XRay => vec![x_ray()],
        Propagation::XRayFirst => vec![x_ray(), trace_context()],
        Propagation::ExtractPanics => vec![panicking(false)],
        Propagation::InjectPanics => vec![panicking(true)],
    })
}

/// The headers that these propagators write, and that may be removed because they name a span.
pub(crate) fn propagation_headers(kind: Propagation) -> &'static [&'static str] {
    match kind {
        Propagation::TraceContext | Propagation::WithBaggage | Propagation::InjectPanics => {
            &["traceparent", "tracestate"]
        }
        Propagation::XRay => &["x-amzn-trace-id"],
        Propagation::XRayFirst => &["traceparent", "tracestate", "x-amzn-trace-id"],
        Propagation::ExtractPanics => &[],
    }
}

pub(crate) struct Headers<'a>(pub(crate) &'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
