//! What goes along with the request, so that the application's span becomes the gateway's child.

use std::cell::RefCell;

use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::Context;

use super::choose::{is_same, Read};
use super::{HeaderNames, Propagator, RequestHeaders};
use crate::catch_panic::catch_panic;
use crate::request::names::{TRACEPARENT, TRACESTATE};
use crate::request::text::hex;

/// How often headers are removed and written again. Some are only read once another is gone, such as `x-b3-flags`
/// behind `b3`; no propagator has more than three forms of its headers.
const ROUNDS: usize = 4;

impl Propagator {
    /// Has the headers name the span of `context`. `read` is what was read of them, and `parent` has the span that was
    /// found.
    ///
    /// There are two ways:
    ///
    /// 1. The propagator writes W3C's headers and nothing else, nothing else was read, and the span's trace state is
    ///    its parent's: `traceparent` is written by hand, which takes a tenth of the time.
    /// 2. The propagator injects. Some read formats that they don't write, or echo parts of the client's header; either
    ///    could override our span, or its sampling decision. So what was written is read back. If it disagrees, the
    ///    headers that were read are removed, and the propagator injects again; at last a span that has ids and a decision alone.
    ///    What then still disagrees is removed: the current context decides.
    ///
    /// Only headers that name a span are removed: a propagator may look at any header.
    pub(crate) fn rewrite<H: RequestHeaders>(&self, headers: &mut H, read: Read, parent: &Context, context: &Context) {
        let (span, parent) = (context.span(), parent.span());
        let (span, parent) = (span.span_context(), parent.span_context());
        let would_mislead = read.names_a_span && !read.names.is_empty();
        let is_named = read.names_a_span && is_same(span, parent) && span.is_sampled() == parent.is_sampled();
        if !H::MAY_WRITE || !span.is_valid() || is_named || !(H::MAY_ADD || would_mislead) {
            return;
        }
        if read.names.is_w3c() && span.trace_state() == parent.trace_state() && self.is_plain_w3c() {
            headers.set(TRACEPARENT, traceparent(span));
            if read.has_stray_trace_state {
                headers.remove(TRACESTATE);
            }
            return;
        }
        let kept = (read.names_a_span && read.names.has_trace_state() && span.trace_state() == parent.trace_state())
            .then(|| span.trace_state().header());
        let kept = kept.as_deref();
        let mut written = self.inject_or_nothing(headers, context, kept);
        for round in 0..ROUNDS {
            match self.wrong_headers(headers, span, &written) {
                Some(wrong) if !wrong.is_empty() => remove(headers, &wrong),
                _ => return,
            }
            written = match round {
                0 => self.inject_or_nothing(headers, context, None),
                // X-Ray's propagator keeps in the trace state what it doesn't understand of its header, and in a flag
                // that there was no decision, and writes both back.
                _ => self.inject_or_nothing(headers, &with_plain_span(context), None),
            };
        }
        // Bounded, because headers that can't be written stay.
        for _ in 0..ROUNDS {
            match self.wrong_headers(headers, span, &written) {
                Some(wrong) if !wrong.is_empty() => remove(headers, &wrong),
                _ => return,
            }
        }
    }

    /// A propagator that panics has written nothing: then the client's headers go, and the current context decides.
    fn inject_or_nothing(
        &self,
        headers: &mut impl RequestHeaders,
        context: &Context,
        kept_trace_state: Option<&str>,
    ) -> Vec<String> {
        catch_panic(|| self.inject(headers, context, kept_trace_state)).unwrap_or_default()
    }

    /// The headers by which the propagator finds another span than `ours`, or another sampling decision. `None` if it
    /// finds ours.
    fn wrong_headers(
        &self,
        headers: &impl RequestHeaders,
        ours: &SpanContext,
        written: &[String],
    ) -> Option<Vec<String>> {
        let read = RefCell::new(Vec::new());
        let found = self.extract_alone(headers, |name| {
            read.borrow_mut().push(name.to_owned());
            true
        });
        let found = found.span();
        let found = found.span_context();
        if is_same(found, ours) && found.is_sampled() == ours.is_sampled() {
            return None;
        }
        let mut read = read.into_inner();
        let is_written = |name: &str| written.iter().any(|other| other.eq_ignore_ascii_case(name));
        read.retain(|name| HeaderNames::names_a_span(name) || is_written(name));
        Some(read)
    }
}

/// The context with a span of the same ids and sampling decision, and nothing else.
fn with_plain_span(context: &Context) -> Context {
    let span = context.span();
    let span = span.span_context();
    let flags = span.trace_flags() & TraceFlags::SAMPLED;
    context.with_remote_span_context(SpanContext::new(span.trace_id(), span.span_id(), flags, true, TraceState::NONE))
}

fn remove(headers: &mut impl RequestHeaders, names: &[String]) {
    for name in names {
        headers.remove(name);
    }
}

/// The same `traceparent` as W3C's propagator writes, without its formatting, which takes 2,900 instructions.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
pub(super) fn traceparent(span: &SpanContext) -> Vec<u8> {
    let mut value = Vec::with_capacity(55);
    value.extend_from_slice(b"00-");
    value.extend_from_slice(&hex::<32>(&span.trace_id().to_bytes()));
    value.push(b'-');
    value.extend_from_slice(&hex::<16>(&span.span_id().to_bytes()));
    value.extend_from_slice(if span.is_sampled() { b"-01" } else { b"-00" });
    value
}
