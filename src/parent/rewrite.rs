//! What goes along with the request, so that the application's span becomes the gateway's child.

use std::cell::RefCell;

use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::Context;

use super::carrier::Written;
use super::choose::is_same;
use super::{HeaderNames, Propagator, RequestHeaders};
use crate::catch_panic::catch_panic;
use crate::request::names::TRACEPARENT;
use crate::request::text::hex;

/// How often headers are removed and written again. Some are only read once another is gone, such as `x-b3-flags`
/// behind `b3`; no propagator has more than three forms of its headers.
const ROUNDS: usize = 4;

impl Propagator {
    /// Rewrites the headers in `read`, which name the span of `parent`, to name the span of `context`.
    ///
    /// There are three ways, from the cheapest to the one that always works:
    ///
    /// 1. Only W3C's headers were read, the propagator writes nothing else, and the span's trace state is its parent's:
    ///    `traceparent` is written by hand.
    /// 2. The propagator writes all headers that it read, and the span has nothing that only some formats can say, no
    ///    trace state and no flag but *sampled* (B3 has *debug*): it injects, and that is all.
    /// 3. Some propagators read formats that they don't write, or echo parts of the client's header; either could
    ///    override our span, or its sampling decision. So what was written is read back. If it disagrees, the headers
    ///    that were read are removed, and the propagator injects again. What then still disagrees is removed: the
    ///    current context decides.
    ///
    /// Only headers that name a span are removed: a propagator may look at any header.
    pub(crate) fn rewrite(
        &self,
        headers: &mut impl RequestHeaders,
        read: HeaderNames,
        parent: &Context,
        context: &Context,
    ) {
        let (span, parent) = (context.span(), parent.span());
        let (span, parent) = (span.span_context(), parent.span_context());
        if read.is_w3c() && span.trace_state() == parent.trace_state() && self.is_plain_w3c() {
            return headers.set(TRACEPARENT, traceparent(span));
        }
        let mut written = self.inject_or_nothing(headers, context);
        let is_plain = *span.trace_state() == TraceState::NONE
            && span.trace_flags() & !TraceFlags::SAMPLED == TraceFlags::NOT_SAMPLED;
        if written.known.contains_all(read) && is_plain {
            return;
        }
        for _ in 0..ROUNDS {
            let Some(wrong) = self.wrong_headers(headers, span, &written) else {
                return;
            };
            remove(headers, &wrong);
            written = self.inject_or_nothing(headers, context);
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
    fn inject_or_nothing(&self, headers: &mut impl RequestHeaders, context: &Context) -> Written {
        catch_panic(|| self.inject(headers, context)).unwrap_or_default()
    }

    /// The headers by which the propagator finds another span than `ours`, or another sampling decision. `None` if it
    /// finds ours.
    fn wrong_headers(
        &self,
        headers: &impl RequestHeaders,
        ours: &SpanContext,
        written: &Written,
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
        let is_written = |name: &str| written.others.iter().any(|other| other.eq_ignore_ascii_case(name));
        read.retain(|name| HeaderNames::names_a_span(name) || is_written(name));
        Some(read)
    }
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
