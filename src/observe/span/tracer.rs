//! The tracer that makes the gateway's spans.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::OnceLock;

use opentelemetry::global;
use opentelemetry::trace::{SpanBuilder, TraceContextExt as _, TracerProvider};
use opentelemetry::{trace, Context};

use crate::observe::scope;

/// A tracer of the provider that was given to the builder, or of the global one as soon as there is one.
///
/// A `OnceLock`, because applications often install the global provider after their router is built: it is looked up
/// by requests until one finds it, and kept from then on, without a lock.
#[derive(Default)]
pub(crate) struct Tracer {
    found: OnceLock<Box<dyn ObjectSafeTracer>>,
    is_given: bool,
    /// The global provider that was found is shut down, as when another one has taken its place. That one isn't kept: a
    /// look-up a request is cheap enough for what hardly ever happens.
    is_replaced: AtomicBool,
}

impl Tracer {
    pub(crate) fn new<P>(provider: &P) -> Self
    where
        P: TracerProvider,
        P::Tracer: Send + Sync + 'static,
        <P::Tracer as trace::Tracer>::Span: Send + Sync + 'static,
    {
        let tracer = Box::new(provider.tracer_with_scope(scope())) as Box<dyn ObjectSafeTracer>;
        Self { found: OnceLock::from(tracer), is_given: true, is_replaced: AtomicBool::new(false) }
    }

    /// `carried` with a span started below that of `parent`; `None` if no provider is installed, or it is shut down.
    pub(super) fn start(
        &self,
        build: impl Fn() -> SpanBuilder,
        parent: &Context,
        carried: &Context,
    ) -> Option<Context> {
        let found = self.found.get().filter(|_| !self.is_replaced.load(Relaxed));
        if let Some(context) = found.and_then(|tracer| tracer.start(build(), parent, carried)) {
            return Some(context);
        }
        if self.is_given {
            return None;
        }
        // A tracer that is asked for before the application installs a provider stays a no-op for ever, so only one that
        // made a span is kept.
        let tracer = global::tracer_provider().tracer_with_scope(scope());
        let context = tracer.start(build(), parent, carried)?;
        match self.found.get() {
            Some(_) => self.is_replaced.store(true, Relaxed),
            None => drop(self.found.set(Box::new(tracer))),
        }
        Some(context)
    }
}

/// A tracer of any type. OpenTelemetry's own box for them, `BoxedTracer`, makes boxed spans, which a context then boxes
/// again.
trait ObjectSafeTracer: Send + Sync {
    fn start(&self, builder: SpanBuilder, parent: &Context, carried: &Context) -> Option<Context>;
}

impl<T> ObjectSafeTracer for T
where
    T: trace::Tracer + Send + Sync,
    T::Span: Send + Sync + 'static,
{
    fn start(&self, builder: SpanBuilder, parent: &Context, carried: &Context) -> Option<Context> {
        let context = carried.with_span(self.build_with_context(builder, parent));
        is_new_span(&context, parent).then_some(context)
    }
}

/// A provider that is missing or shut down hands out the parent's span context, or an invalid one.
fn is_new_span(context: &Context, parent: &Context) -> bool {
    let (own, parent) = (context.span(), parent.span());
    let (own, parent) = (own.span_context(), parent.span_context());
    own.is_valid() && own.span_id() != parent.span_id()
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.found.get() {
            Some(_) => "Tracer(found)",
            None => "Tracer(none yet)",
        })
    }
}
