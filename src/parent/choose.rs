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
pub(crate) enum Parent {
    /// Below the span of this context, if it has one.
    Context {
        context: Context,
        /// What the application runs in, but for the gateway's span, if that isn't the same: it has a local span.
        carried: Option<Context>,
        links: Vec<Link>,
        /// The headers that name a span, and so would take precedence over the current context.
        headers_to_rewrite: Option<HeaderNames>,
    },
    /// No gateway span: X-Ray has already recorded it, as the span of this context.
    AlreadyRecorded(Context),
}

impl Parent {
    /// The parent that the propagator finds in the headers, else the one in `X-Amzn-Trace-Id`.
    ///
    /// What is in the request decides. A span of this application that is current here, of a connection or of a layer
    /// further out, is no parent of the gateway's, which received the request earlier: it becomes a link.
    pub(crate) fn choose(
        propagator: &Propagator,
        headers: &impl RequestHeaders,
        scanned: PropagationHeaders<'_>,
        x_ray: Option<&XRayTraceHeader>,
        mode: XRay,
    ) -> Self {
        let read = Cell::new(HeaderNames::default());
        let extracted = propagator.extract(headers, Some(scanned), |name| {
            read.set(read.get().insert(name));
            true
        });
        // Decided by the first extraction: `extract_usable` hides X-Ray's header from us, but the application still
        // reads it.
        let headers_to_rewrite = Some(read.get()).filter(|read| has_span_of_headers(&extracted) && !read.is_empty());
        let usable = match has_invalid_span(&extracted) {
            true => extract_usable(propagator, headers),
            false => extracted,
        };
        let local = Context::map_current(local_span);
        let (context, carried) = match local_span(&usable) {
            Some(_) => (without_span(&usable), Some(usable)),
            None => (usable, None),
        };
        let recorded = x_ray.and_then(XRayTraceHeader::recorded_parent);
        let mut parent = Self::with_x_ray(context, carried, headers_to_rewrite, recorded, mode);
        if let (Some(local), Self::Context { links, .. }) = (local, &mut parent) {
            hints::not_outermost();
            links.push(Link::with_context(local));
        }
        parent
    }

    /// Adds the parent that X-Ray recorded, if there is one, as parent or as link.
    fn with_x_ray(
        context: Context,
        carried: Option<Context>,
        headers_to_rewrite: Option<HeaderNames>,
        recorded: Option<SpanContext>,
        mode: XRay,
    ) -> Self {
        let Some(recorded) = recorded else {
            return Self::Context { context, carried, links: Vec::new(), headers_to_rewrite };
        };
        let found = context.span().span_context().clone();
        let is_found = is_same(&recorded, &found);
        match mode {
            XRay::Defer if is_found || !found.is_valid() => {
                Self::AlreadyRecorded(carried.unwrap_or(context).with_remote_span_context(recorded))
            }
            XRay::Continue if !found.is_valid() => {
                let context = context.with_remote_span_context(recorded);
                Self::Context { context, carried, links: Vec::new(), headers_to_rewrite }
            }
            _ => {
                let links = Some(recorded).filter(|_| !is_found).map(Link::with_context).into_iter().collect();
                Self::Context { context, carried, links, headers_to_rewrite }
            }
        }
    }
}

/// An X-Ray propagator makes an invalid span of a header that names no parent, even over a good one that another
/// propagator found, and samplers take it for a parent that isn't sampled. So that header is hidden.
fn extract_usable(propagator: &Propagator, headers: &impl RequestHeaders) -> Context {
    let context = propagator.extract(headers, None, |name| !name.eq_ignore_ascii_case(X_AMZN_TRACE_ID));
    match has_invalid_span(&context) {
        true => without_span(&context),
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
            let parent = Parent::with_x_ray(context, None, None, Some(recorded.clone()), mode);
            match (parent, expected) {
                (Parent::AlreadyRecorded(context), None) => assert_eq!(*context.span().span_context(), recorded),
                (Parent::Context { context, links, .. }, Some((parent, linked))) => {
                    assert_eq!(context.span().span_context(), parent, "{mode:?}");
                    let links = links.into_iter().map(|link| link.span_context);
                    assert!(links.eq(Some(recorded.clone()).filter(|_| linked)), "{mode:?}");
                }
                (parent, _) => panic!("{mode:?}: {parent:?}"),
            }
        }
    }
}
