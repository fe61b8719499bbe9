//! Whose child the gateway's span is.

use std::cell::Cell;

use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::trace::{Link, SpanContext, TraceContextExt as _};
use opentelemetry::Context;

use super::{HeaderNames, Propagator, RequestHeaders};
use crate::hints;
use crate::request::names::X_AMZN_TRACE_ID;
use crate::request::{PropagationHeaders, XRay, XRayTraceHeader};

/// Where the gateway's span belongs.
#[derive(Debug)]
pub(crate) struct Parent {
    /// The context of the span that is to be the gateway's parent, if it has one.
    pub(crate) context: Context,
    /// What the application runs in, but for the gateway's span: the same, or with a local span.
    pub(crate) carried: Context,
    pub(crate) links: Vec<Link>,
    /// There is to be no gateway span: X-Ray has already recorded it, as the span of these contexts.
    pub(crate) is_recorded: bool,
    pub(crate) read: Read,
}

/// What a propagator read of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    pub(super) names: HeaderNames,
    /// Whether the headers name a span, valid or not.
    pub(super) names_a_span: bool,
    /// Whether there is a trace state that belongs to no such span.
    pub(super) has_stray_trace_state: bool,
}

impl Parent {
    /// The parent that the propagator finds in the headers, else the one in `X-Amzn-Trace-Id`.
    ///
    /// What is in the request decides. A span of this application that is current here, of a connection or of a layer
    /// further out, is no parent of the gateway's, which received the request earlier: it becomes a link.
    ///
    /// `is_event`: AWS Lambda has sent the request. It puts its own segment into `X-Amzn-Trace-Id`, which is below the
    /// gateway's, and so never the gateway's parent, whatever propagators read it. And it is no mistake that a local
    /// span is current there: the runtime makes one.
    pub(crate) fn choose(
        propagator: &Propagator,
        headers: &impl RequestHeaders,
        scanned: PropagationHeaders<'_>,
        x_ray: Option<&XRayTraceHeader>,
        mode: XRay,
        is_event: bool,
    ) -> Self {
        let names = Cell::new(HeaderNames::default());
        let hides_one = Cell::new(false);
        let is_seen = |name: &str| {
            let is_hidden = is_event && name.eq_ignore_ascii_case(X_AMZN_TRACE_ID);
            if is_hidden {
                hides_one.set(true);
            }
            !is_hidden
        };
        let extracted = propagator.extract(headers, Some(scanned), |name| {
            names.set(names.get().insert(name));
            is_seen(name)
        });
        // Decided by the first extraction: `extract_usable` hides X-Ray's header from us, but the application still
        // reads it.
        let (names, names_a_span) = (names.get(), has_span_of_headers(&extracted));
        let is_trace_state_read = names_a_span && names.has_trace_state();
        let has_stray_trace_state = scanned.has_trace_state() && !is_trace_state_read;
        // The application isn't kept from reading what is hidden here.
        let names_a_span = names_a_span || hides_one.get();
        let read = Read { names, names_a_span, has_stray_trace_state };
        let carried = match has_invalid_span(&extracted) {
            true => extract_usable(propagator, headers, extracted, x_ray),
            false => extracted,
        };
        let context = match local_span(&carried) {
            Some(_) => without_local_span(propagator, headers, &carried, is_seen),
            None => carried.clone(),
        };
        if scanned.has_traceparent() && !names.has_traceparent() && !context.span().span_context().is_valid() {
            hints::traceparent_unread();
        }
        let mut parent = Self { context, carried, links: Vec::new(), is_recorded: false, read };
        if let Some(recorded) = x_ray.and_then(XRayTraceHeader::recorded_parent) {
            let is_below = is_event && mode == XRay::Continue;
            parent.add_recorded(recorded, if is_below { XRay::Link } else { mode });
        }
        if let Some(local) = Context::map_current(local_span).filter(|_| !parent.is_recorded) {
            if !is_event {
                hints::not_outermost();
            }
            parent.links.push(Link::with_context(local));
        }
        parent
    }

    /// Adds the span that X-Ray recorded, as parent or as link.
    fn add_recorded(&mut self, recorded: SpanContext, mode: XRay) {
        let found = self.context.span().span_context().clone();
        let is_found = is_same(&recorded, &found);
        match mode {
            XRay::Defer if is_found || !found.is_valid() => {
                self.carried = self.carried.with_remote_span_context(recorded);
                self.is_recorded = true;
            }
            XRay::Continue if !found.is_valid() => self.context = self.context.with_remote_span_context(recorded),
            _ if is_found => {}
            _ => self.links.push(Link::with_context(recorded)),
        }
    }
}

/// An X-Ray propagator makes an invalid span of a header that names no parent, even over a good one that another
/// propagator found, and samplers take it for a parent that isn't sampled. So that header is hidden; unless nothing else
/// is found, and the header does say `Sampled=0`, which whoever installed that propagator wants to be followed.
fn extract_usable(
    propagator: &Propagator,
    headers: &impl RequestHeaders,
    extracted: Context,
    x_ray: Option<&XRayTraceHeader>,
) -> Context {
    let context = propagator.extract(headers, None, |name| !name.eq_ignore_ascii_case(X_AMZN_TRACE_ID));
    let is_dropped = x_ray.and_then(XRayTraceHeader::sampled) == Some(false);
    match context.has_active_span() {
        true if has_invalid_span(&context) => without_span(&context),
        true => context,
        false if is_dropped && !extracted.span().span_context().is_sampled() => extracted,
        false => context,
    }
}

/// The context as if no local span had been current. Extracted again, because propagators can keep more in a context
/// than baggage, such as a sampling decision without a span (`b3: 0`).
fn without_local_span(
    propagator: &Propagator,
    headers: &impl RequestHeaders,
    carried: &Context,
    is_seen: impl Fn(&str) -> bool,
) -> Context {
    let fresh = without_span(carried);
    let context = propagator.extract_into(&fresh, headers, is_seen);
    match context.has_active_span() {
        // An invalid one, which `extract_usable` has left out.
        true => fresh,
        false => context,
    }
}

/// A context with the same baggage, and no span. A span can't be removed from a context, so a new one is made.
fn without_span(context: &Context) -> Context {
    let baggage = context.baggage().iter();
    Context::new().with_baggage(
        baggage.map(|(key, (value, metadata))| KeyValueMetadata::new(key.clone(), value.clone(), metadata.clone())),
    )
}

/// Whether the context's span came from the request's headers.
fn has_span_of_headers(context: &Context) -> bool {
    context.span().span_context().is_remote() || has_invalid_span(context)
}

/// The context's span, if it is one of this application.
fn local_span(context: &Context) -> Option<SpanContext> {
    let span = context.span();
    let span = span.span_context();
    (span.is_valid() && !span.is_remote()).then(|| span.clone())
}

/// Whether the context has a span, and that is invalid.
fn has_invalid_span(context: &Context) -> bool {
    context.has_active_span() && !context.span().span_context().is_valid()
}

pub(super) fn is_same(one: &SpanContext, other: &SpanContext) -> bool {
    one.span_id() == other.span_id() && one.trace_id() == other.trace_id()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{TraceFlags, TraceState};
    use opentelemetry::{SpanId, TraceId};

    fn span(trace: u128, span: u64) -> SpanContext {
        let (trace, span) = (TraceId::from(trace), SpanId::from(span));
        SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE)
    }

    #[test]
    fn each_mode_makes_of_a_recorded_parent_what_it_says() {
        let (client, recorded) = (span(1, 2), span(3, 4));
        let nothing = SpanContext::NONE;
        // What the propagator found; the mode; the parent, and whether the recorded one is linked, or `None` where
        // there is no gateway span.
        let table = [
            (&nothing, XRay::Continue, Some((&recorded, false))),
            (&nothing, XRay::Link, Some((&nothing, true))),
            (&nothing, XRay::Defer, None),
            (&client, XRay::Continue, Some((&client, true))),
            (&client, XRay::Link, Some((&client, true))),
            (&client, XRay::Defer, Some((&client, true))),
            (&recorded, XRay::Continue, Some((&recorded, false))),
            (&recorded, XRay::Link, Some((&recorded, false))),
            (&recorded, XRay::Defer, None),
        ];
        for (found, mode, expected) in table {
            let context = match found.is_valid() {
                true => Context::new().with_remote_span_context(found.clone()),
                false => Context::new(),
            };
            let read = Read { names: HeaderNames::default(), names_a_span: false, has_stray_trace_state: false };
            let carried = context.clone();
            let mut choice = Parent { context, carried, links: Vec::new(), is_recorded: false, read };
            choice.add_recorded(recorded.clone(), mode);
            match (choice.is_recorded, expected) {
                (true, None) => assert_eq!(*choice.carried.span().span_context(), recorded),
                (false, Some((parent, linked))) => {
                    assert_eq!(choice.context.span().span_context(), parent, "{mode:?}");
                    let links = choice.links.into_iter().map(|link| link.span_context);
                    assert!(links.eq(Some(recorded.clone()).filter(|_| linked)), "{mode:?}");
                }
                _ => panic!("{mode:?}: {choice:?}"),
            }
        }
    }
}
