//! The tracer that makes the gateway's spans.

use std::fmt;
use std::sync::OnceLock;

use opentelemetry::global::{self, BoxedSpan, BoxedTracer};
use opentelemetry::trace::{
    Span as _, SpanBuilder, TraceContextExt as _, Tracer as _, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope};

/// A tracer of the provider that was handed over, or of the global one as soon as there is one.
#[derive(Default)]
pub(crate) struct Tracer(OnceLock<BoxedTracer>);

impl Tracer {
    pub(crate) fn of<P>(provider: &P) -> Self
    where
        P: TracerProvider,
        P::Tracer: Send + Sync + 'static,
        <P::Tracer as opentelemetry::trace::Tracer>::Span: Send + Sync + 'static,
    {
        let tracer = provider.tracer_with_scope(scope());
        Self(OnceLock::from(BoxedTracer::new(Box::new(tracer))))
    }

    /// Starts a span below `parent`; `None` if no provider is at work, so that there would be nothing to see of it.
    pub(crate) fn start(&self, builder: SpanBuilder, parent: &Context) -> Option<BoxedSpan> {
        let Some(tracer) = self.0.get() else {
            // A tracer that is asked for before the application installs a provider stays a no-op for ever, so
            // that only one that made a span is kept.
            let tracer = global::tracer_provider().tracer_with_scope(scope());
            let span = of_its_own(tracer.build_with_context(builder, parent), parent)?;
            let _ = self.0.set(tracer);
            return Some(span);
        };
        of_its_own(tracer.build_with_context(builder, parent), parent)
    }
}

/// A provider that is missing or shut down hands out the parent's span context, or an invalid one.
fn of_its_own(span: BoxedSpan, parent: &Context) -> Option<BoxedSpan> {
    let (own, parent) = (span.span_context(), parent.span());
    (own.is_valid() && own.span_id() != parent.span_context().span_id()).then_some(span)
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tracer").field(&self.0.get()).finish()
    }
}
