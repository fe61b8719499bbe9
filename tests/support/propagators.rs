//! Propagators as applications install them, and as vendors and applications write them.
// The B3 propagator stands in a crate whose exporter is deprecated.
#![allow(deprecated)]

use std::sync::Arc;

use http::HeaderMap;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::noop::NoopTextMapPropagator;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::Context;
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_zipkin::{B3Encoding, Propagator as B3};

/// A propagator that a layer and an application share.
#[derive(Clone, Debug)]
pub struct Installed(Arc<dyn TextMapPropagator + Send + Sync>);

impl Installed {
    pub fn new(propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        Self(Arc::new(propagator))
    }
}

impl TextMapPropagator for Installed {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        self.0.inject_context(context, injector);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        self.0.extract_with_context(context, extractor)
    }

    fn fields(&self) -> FieldIter<'_> {
        self.0.fields()
    }
}

/// Those that applications install, and those that vendors and applications write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Propagator {
    None,
    W3c,
    W3cBaggage,
    B3Default,
    B3Single,
    B3Multi,
    B3Both,
    B3ThenW3c,
    XRay,
    XRayThenW3c,
    W3cThenXRay,
    Vendor,
    RequestIds,
}

pub const PROPAGATORS: [Propagator; 13] = [
    Propagator::None,
    Propagator::W3c,
    Propagator::W3cBaggage,
    Propagator::B3Default,
    Propagator::B3Single,
    Propagator::B3Multi,
    Propagator::B3Both,
    Propagator::B3ThenW3c,
    Propagator::XRay,
    Propagator::XRayThenW3c,
    Propagator::W3cThenXRay,
    Propagator::Vendor,
    Propagator::RequestIds,
];

impl Propagator {
    pub fn installed(self) -> Installed {
        fn both(
            first: impl TextMapPropagator + Send + Sync + 'static,
            second: impl TextMapPropagator + Send + Sync + 'static,
        ) -> Installed {
            Installed::new(TextMapCompositePropagator::new(vec![Box::new(first), Box::new(second)]))
        }
        let b3 = |encoding| Installed::new(B3::with_encoding(encoding));
        match self {
            Self::None => Installed::new(NoopTextMapPropagator::new()),
            Self::W3c => Installed::new(TraceContextPropagator::new()),
            Self::W3cBaggage => both(TraceContextPropagator::new(), BaggagePropagator::new()),
            Self::B3Default => Installed::new(B3::new()),
            Self::B3Single => b3(B3Encoding::SingleHeader),
            Self::B3Multi => b3(B3Encoding::MultipleHeader),
            Self::B3Both => b3(B3Encoding::SingleAndMultiHeader),
            Self::B3ThenW3c => both(B3::new(), TraceContextPropagator::new()),
            Self::XRay => Installed::new(XrayPropagator::new()),
            Self::XRayThenW3c => both(XrayPropagator::new(), TraceContextPropagator::new()),
            Self::W3cThenXRay => both(TraceContextPropagator::new(), XrayPropagator::new()),
            Self::Vendor => Installed::new(VendorState),
            Self::RequestIds => Installed::new(RequestIds),
        }
    }
}

/// Headers as an application's propagator reads them.
pub struct Headers<'a>(pub &'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

/// Makes a trace id of the id that a load balancer gives each request, and looks at who asks.
#[derive(Debug)]
pub struct RequestIds;

impl TextMapPropagator for RequestIds {
    fn inject_context(&self, _: &Context, _: &mut dyn Injector) {}

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let _ = extractor.get("authorization");
        let Some(id) = extractor.get("x-request-id").and_then(|id| TraceId::from_hex(id).ok()) else {
            return context.clone();
        };
        let span = SpanContext::new(id, SpanId::from(1), TraceFlags::SAMPLED, true, TraceState::NONE);
        context.with_remote_span_context(span)
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&[])
    }
}

/// Keeps its last span in an entry of `tracestate`, and goes by it, as vendors' propagators do.
#[derive(Debug)]
pub struct VendorState;

impl TextMapPropagator for VendorState {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        TraceContextPropagator::new().inject_context(context, injector);
        let span = context.span().span_context().span_id();
        injector.set("tracestate", format!("vendor={span}"));
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let found = TraceContextPropagator::new().extract_with_context(context, extractor);
        let last = extractor.get("tracestate").and_then(|state| {
            let id = state.strip_prefix("vendor=")?;
            SpanId::from_hex(id).ok().filter(|_| id.len() == 16)
        });
        let span = found.span().span_context().clone();
        match last {
            Some(last) => found.with_remote_span_context(SpanContext::new(
                span.trace_id(),
                last,
                span.trace_flags(),
                true,
                TraceState::NONE,
            )),
            None => found,
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&[])
    }
}

/// W3C's, until it writes.
#[derive(Debug)]
pub struct PanicsOnWriting;

impl TextMapPropagator for PanicsOnWriting {
    fn inject_context(&self, _: &Context, _: &mut dyn Injector) {
        panic!("boom");
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        TraceContextPropagator::new().extract_with_context(context, extractor)
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&[])
    }
}
