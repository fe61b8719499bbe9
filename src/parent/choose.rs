//! Whose child the gateway's span is, and how the application's span becomes the gateway's child.
//!
//! Middleware that makes the server span looks for its parent in one of two places: the current context, or the
//! propagation headers of the request, which then win. The first is seen to by attaching our context; the second by
//! rewriting those headers if, and only if, they name a span.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceState};
use opentelemetry::{global, Context};

use crate::hints;
use crate::request::names::{TRACEPARENT, X_AMZN_TRACE_ID};
use crate::request::text::hex;
use crate::request::{PropagationHeaders, XRay, XRayTraceHeader};

/// A request's headers, whatever the framework keeps them in.
pub(crate) trait RequestHeaders {
    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])>;
    /// The first value of that name.
    fn first(&self, name: &str) -> Option<&[u8]>;
    fn values(&self, name: &str) -> Vec<&str>;
    /// Puts `value` in the place of all values of that name.
    fn set(&mut self, name: &str, value: Vec<u8>);
    fn remove(&mut self, name: &str);
}

/// Where the gateway's span belongs.
#[derive(Debug)]
pub(crate) enum Parent {
    /// Below the span of this context, if it has one.
    Of {
        context: Context,
        link: Option<SpanContext>,
        /// The headers that name a span, and so would win over the current context.
        outvoted: Option<Known>,
    },
    /// Nowhere: somebody else has recorded the gateway, as the span of this context.
    Recorded(Context),
}

/// The propagator that was handed over, or the global one.
#[derive(Clone, Default)]
pub(crate) struct Propagator(Option<Arc<dyn TextMapPropagator + Send + Sync>>);

impl Propagator {
    pub(crate) fn new(propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(propagator)))
    }

    fn with<R>(&self, mut f: impl FnMut(&dyn TextMapPropagator) -> R) -> R {
        match &self.0 {
            Some(propagator) => f(&**propagator),
            None => global::get_text_map_propagator(f),
        }
    }

    /// What the propagator finds goes first, then `X-Amzn-Trace-Id`.
    pub(crate) fn parent(
        &self,
        headers: &impl RequestHeaders,
        w3c: PropagationHeaders<'_>,
        x_ray: Option<&XRayTraceHeader>,
        mode: XRay,
    ) -> Parent {
        let read = Cell::new(Known::default());
        let mut context = self.extract(headers, Some(w3c), |name| {
            read.set(read.get().with(name));
            true
        });
        if is_local(&context) {
            hints::not_outermost();
        }
        let outvoted = Some(read.get()).filter(|read| names_span(&context) && !read.is_empty());
        if is_unusable(&context) {
            context = self.extract_usable(headers);
        }

        let mut link = x_ray.and_then(XRayTraceHeader::recorded_parent);
        if let Some(recorded) = &link {
            let found = context.span().span_context().clone();
            let is_same = is_same(recorded, &found);
            match mode {
                XRay::Defer if is_same || !found.is_valid() => {
                    return Parent::Recorded(context.with_remote_span_context(recorded.clone()));
                }
                XRay::Continue if !found.is_valid() => {
                    context = context.with_remote_span_context(recorded.clone());
                    link = None;
                }
                _ if is_same => link = None,
                _ => {}
            }
        }
        Parent::Of { context, link, outvoted }
    }

    fn extract(
        &self,
        headers: &impl RequestHeaders,
        scanned: Option<PropagationHeaders<'_>>,
        shows: impl Fn(&str) -> bool,
    ) -> Context {
        let carrier = Carrier { headers, scanned, shows };
        self.with(|propagator| propagator.extract(&carrier))
    }

    /// An X-Ray propagator makes an invalid span of a header that names no parent, even over a good one that another
    /// propagator found, and samplers take it for a parent that isn't sampled.
    fn extract_usable(&self, headers: &impl RequestHeaders) -> Context {
        let is_shown = |name: &str| !name.eq_ignore_ascii_case(X_AMZN_TRACE_ID);
        let context = self.extract(headers, None, is_shown);
        if is_unusable(&context) {
            let baggage = context.baggage().iter();
            return Context::new().with_baggage(
                baggage.map(|(key, (value, metadata))| {
                    KeyValueMetadata::new(key.clone(), value.clone(), metadata.clone())
                }),
            );
        }
        context
    }

    /// Makes the request's headers, which named the span of `parent` when they were `read`, name that of `context`.
    pub(crate) fn rewrite(&self, headers: &mut impl RequestHeaders, read: Known, parent: &Context, context: &Context) {
        let (span, parent) = (context.span(), parent.span());
        let (span, parent) = (span.span_context(), parent.span_context());
        if read.is_w3c() && span.trace_state() == parent.trace_state() {
            return write_traceparent(headers, span);
        }
        let written = self.inject(headers, context);
        if written.covers(read) && *span.trace_state() == TraceState::NONE {
            return;
        }
        // A form of them that the propagator reads and doesn't write may win over ours, and so may what it has kept of
        // a client's header and writes back.
        if self.remove_unless(headers, context) {
            self.inject(headers, context);
            // What then still isn't ours is better not there: the current context decides.
            self.remove_unless(headers, context);
        }
    }

    fn inject(&self, headers: &mut impl RequestHeaders, context: &Context) -> Known {
        let mut carrier = CarrierMut { headers, written: Known::default() };
        self.with(|propagator| propagator.inject_context(context, &mut carrier));
        carrier.written
    }

    /// Removes the headers by which the propagator finds a span, unless it finds that of `context`.
    fn remove_unless(&self, headers: &mut impl RequestHeaders, context: &Context) -> bool {
        let read = RefCell::new(Vec::new());
        let found = self.extract(headers, None, |name| {
            read.borrow_mut().push(name.to_owned());
            true
        });
        if is_same(found.span().span_context(), context.span().span_context()) {
            return false;
        }
        for name in read.into_inner() {
            headers.remove(&name);
        }
        true
    }
}

impl fmt::Debug for Propagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "Propagator(given)",
            None => "Propagator(global)",
        })
    }
}

/// Whether it is the request's headers that a context has its span from.
fn names_span(context: &Context) -> bool {
    context.span().span_context().is_remote() || is_unusable(context)
}

/// A context that has a span of this application.
fn is_local(context: &Context) -> bool {
    let span = context.span();
    span.span_context().is_valid() && !span.span_context().is_remote()
}

/// A context that has a span, which is invalid.
fn is_unusable(context: &Context) -> bool {
    context.has_active_span() && !context.span().span_context().is_valid()
}

fn is_same(one: &SpanContext, other: &SpanContext) -> bool {
    one.span_id() == other.span_id() && one.trace_id() == other.trace_id()
}

/// A set of the names of propagation headers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    /// A bit for each of [`Known::NAMES`], and one for all others.
    bits: u32,
}

impl Known {
    /// First those of W3C.
    const NAMES: [&'static str; 16] = [
        TRACEPARENT,
        "tracestate",
        "baggage",
        "b3",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-sampled",
        "x-b3-flags",
        "x-b3-parentspanid",
        "x-datadog-trace-id",
        "x-datadog-parent-id",
        "x-datadog-sampling-priority",
        "x-datadog-tags",
        "x-datadog-origin",
        X_AMZN_TRACE_ID,
        "uber-trace-id",
    ];
    const OTHERS: u32 = 1 << Self::NAMES.len();

    fn with(self, name: &str) -> Self {
        // Propagators ask by names in lower case, but for some.
        let at = |is: fn(&str, &str) -> bool| Self::NAMES.iter().position(|known| is(known, name));
        let at = at(|known, name| known == name).or_else(|| at(str::eq_ignore_ascii_case));
        Self { bits: self.bits | at.map_or(Self::OTHERS, |at| 1 << at) }
    }

    /// Whether it was W3C's headers and none but those that named a span.
    fn is_w3c(self) -> bool {
        self.bits & 1 != 0 && self.bits & !0b111 == 0
    }

    fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Whether these are certainly all of `others`.
    fn covers(self, others: Self) -> bool {
        others.bits & (!self.bits | Self::OTHERS) == 0
    }
}

/// Writes what the propagator would, which takes many times as long to format it.
fn write_traceparent(headers: &mut impl RequestHeaders, span: &SpanContext) {
    let trace_id: [u8; 32] = hex(&span.trace_id().to_bytes());
    let span_id: [u8; 16] = hex(&span.span_id().to_bytes());
    let flags = if span.is_sampled() { b"01" } else { b"00" };
    let value = [b"00-", trace_id.as_slice(), b"-", span_id.as_slice(), b"-", flags].concat();
    headers.set(TRACEPARENT, value);
}

struct Carrier<'a, H, F> {
    headers: &'a H,
    /// What of them is known already.
    scanned: Option<PropagationHeaders<'a>>,
    /// Asked about each header that is wanted and there.
    shows: F,
}

impl<H: RequestHeaders, F: Fn(&str) -> bool> Extractor for Carrier<'_, H, F> {
    fn get(&self, key: &str) -> Option<&str> {
        let scanned = self.scanned.and_then(|scanned| scanned.get(key));
        let value = scanned.unwrap_or_else(|| self.headers.first(key))?;
        // As in everybody else's extractors, it is ASCII or no text: otherwise the application's would see another
        // parent than ours.
        let text = std::str::from_utf8(value).ok();
        text.filter(|text| text.is_ascii() && (self.shows)(key))
    }

    fn keys(&self) -> Vec<&str> {
        self.headers.pairs().map(|(name, _)| name).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        self.get(key)?;
        Some(self.headers.values(key))
    }
}

struct CarrierMut<'a, H> {
    headers: &'a mut H,
    written: Known,
}

impl<H: RequestHeaders> Injector for CarrierMut<'_, H> {
    fn set(&mut self, key: &str, value: String) {
        self.written = self.written.with(key);
        if value.is_empty() {
            self.headers.remove(key);
        } else {
            self.headers.set(key, value.into_bytes());
        }
    }
}
