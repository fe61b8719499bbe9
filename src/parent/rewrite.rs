//! What goes along with the request, so that the application's span becomes the gateway's child.

use std::cell::RefCell;

use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceState};
use opentelemetry::Context;

use super::choose::is_same;
use super::{HeaderNames, Propagator, RequestHeaders};
use crate::request::names::TRACEPARENT;
use crate::request::text::hex;

impl Propagator {
    /// Rewrites the headers in `read`, which name the span of `parent`, to name the span of `context`.
    ///
    /// There are three ways, from the cheapest to the one that always works:
    ///
    /// 1. Only W3C's headers were read, and the span's trace state is its parent's: `traceparent` is written by hand.
    ///    This assumes that a propagator that read only W3C's headers writes W3C's.
    /// 2. The propagator writes all headers that it read: it injects, and that is all.
    /// 3. Some propagators read formats that they don't write, or echo parts of the client's header; either could
    ///    override our span. So what was written is read back. If it disagrees, what was read is removed, and the
    ///    propagator injects again. What then still disagrees is removed: the current context decides.
    pub(crate) fn rewrite(
        &self,
        headers: &mut impl RequestHeaders,
        read: HeaderNames,
        parent: &Context,
        context: &Context,
    ) {
        let (span, parent) = (context.span(), parent.span());
        let (span, parent) = (span.span_context(), parent.span_context());
        if read.is_w3c() && span.trace_state() == parent.trace_state() {
            return write_traceparent(headers, span);
        }
        let written = self.inject(headers, context);
        if written.contains_all(read) && *span.trace_state() == TraceState::NONE {
            return;
        }
        if self.remove_unless_found(headers, context) {
            self.inject(headers, context);
            self.remove_unless_found(headers, context);
        }
    }

    /// Removes the headers by which the propagator finds a span, unless it finds that of `context`. Returns whether
    /// it removed them.
    fn remove_unless_found(&self, headers: &mut impl RequestHeaders, context: &Context) -> bool {
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

/// Writes the same `traceparent` as W3C's propagator, without its formatting, which takes 2,900 instructions.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
fn write_traceparent(headers: &mut impl RequestHeaders, span: &SpanContext) {
    let mut value = Vec::with_capacity(55);
    value.extend_from_slice(b"00-");
    value.extend_from_slice(&hex::<32>(&span.trace_id().to_bytes()));
    value.push(b'-');
    value.extend_from_slice(&hex::<16>(&span.span_id().to_bytes()));
    value.extend_from_slice(if span.is_sampled() { b"-01" } else { b"-00" });
    headers.set(TRACEPARENT, value);
}
