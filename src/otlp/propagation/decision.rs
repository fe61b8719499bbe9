//! Sampling decisions that a span context can't express.
//!
//! A span context is sampled or it isn't. B3, X-Ray and Datadog have a third state, a trace that nobody has decided on
//! yet, and B3 and X-Ray can send a decision without a span. Both are kept in a value of the context, which
//! [`Decided`] follows.

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, KeyValue, SpanId, TraceId};
use opentelemetry_sdk::trace::{SamplingResult, ShouldSample};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    Undecided,
    Drop,
    Keep,
}

/// A decision and the span it is about, so that it ends where a later propagator finds another span. The ids are
/// invalid if there is no span.
#[derive(Clone, Copy, Debug)]
struct Carried {
    decision: Decision,
    trace_id: TraceId,
    span_id: SpanId,
}

/// What a propagator found in headers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// `sampled` is `None` if nobody has decided yet.
    Span { trace_id: TraceId, span_id: SpanId, sampled: Option<bool>, trace_state: TraceState },
    /// Whether to sample, without a span.
    Decision { sampled: bool },
}

impl Found {
    /// The context with what was found. A decision without a span doesn't replace a span that an earlier propagator
    /// found.
    pub(super) fn add_to(self, context: &Context) -> Context {
        let span = context.span();
        let before = span.span_context();
        match self {
            Self::Decision { .. } if before.is_valid() && before.is_remote() => context.clone(),
            Self::Decision { sampled } => {
                let decision = if sampled { Decision::Keep } else { Decision::Drop };
                context.with_value(Carried { decision, trace_id: TraceId::INVALID, span_id: SpanId::INVALID })
            }
            Self::Span { trace_id, span_id, .. } if trace_id == TraceId::INVALID || span_id == SpanId::INVALID => {
                context.clone()
            }
            Self::Span { trace_id, span_id, sampled, trace_state } => {
                let is_same = before.is_remote() && before.trace_id() == trace_id && before.span_id() == span_id;
                let trace_state = match is_same {
                    // W3C's propagator found the same span, and knows more of it.
                    true if sampled.is_none() || decision(context).is_none() => return context.clone(),
                    true => before.trace_state().clone(),
                    false => trace_state,
                };
                let flags = TraceFlags::default().with_sampled(sampled == Some(true));
                let context = match sampled {
                    Some(_) => without_decision(context),
                    None => context.with_value(Carried { decision: Decision::Undecided, trace_id, span_id }),
                };
                context.with_remote_span_context(SpanContext::new(trace_id, span_id, flags, true, trace_state))
            }
        }
    }
}

/// The context without a decision about any span. A value can't be removed from a context, so one about no span at all
/// takes its place, which has no effect.
pub(super) fn without_decision(context: &Context) -> Context {
    match context.get::<Carried>() {
        Some(_) => context.with_value(Carried {
            decision: Decision::Undecided,
            trace_id: TraceId::INVALID,
            span_id: SpanId::INVALID,
        }),
        None => context.clone(),
    }
}

/// The decision about children of the context's span. None if that is a span of this process: its sampler has decided.
pub(super) fn decision(context: &Context) -> Option<Decision> {
    let carried = context.get::<Carried>()?;
    let span = context.span();
    let span = span.span_context();
    let is_local = span.is_valid() && !span.is_remote();
    let is_about_it = carried.trace_id == span.trace_id() && carried.span_id == span.span_id();
    (!is_local && is_about_it).then_some(carried.decision)
}

/// A sampler that is told of the decisions in the parent's context.
///
/// It is asked as if an undecided parent weren't there, and for a decision without a span as if there were a parent so
/// decided: a sampler that goes by its parent follows it, and one that doesn't goes on not to.
#[derive(Clone, Debug)]
pub(crate) struct Decided<S>(pub(crate) S);

impl<S: ShouldSample + Clone + 'static> ShouldSample for Decided<S> {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let ask = |parent: Option<&Context>| self.0.should_sample(parent, trace_id, name, span_kind, attributes, links);
        let Some((parent, decision)) = parent_context.and_then(|parent| Some((parent, decision(parent)?))) else {
            return ask(parent_context);
        };
        let sampled = match decision {
            Decision::Undecided => {
                // Without a parent, the sampler knows of no trace state, but the trace goes on.
                return SamplingResult { trace_state: parent.span().span_context().trace_state().clone(), ..ask(None) };
            }
            Decision::Keep => true,
            Decision::Drop => false,
        };
        let flags = TraceFlags::default().with_sampled(sampled);
        let decided = SpanContext::new(trace_id, SpanId::from(1), flags, true, TraceState::NONE);
        ask(Some(&Context::new().with_remote_span_context(decided)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_sdk::trace::{Sampler, SamplingDecision};

    fn span(trace: u128, span: u64, sampled: Option<bool>) -> Found {
        let trace_state = TraceState::from_key_value([("found", format!("{span}"))]).unwrap();
        Found::Span { trace_id: TraceId::from(trace), span_id: SpanId::from(span), sampled, trace_state }
    }

    fn decided(sampled: bool) -> Found {
        Found::Decision { sampled }
    }

    fn context(found: &[Found]) -> Context {
        found.iter().fold(Context::new(), |context, found| found.clone().add_to(&context))
    }

    #[test]
    fn what_is_found_later_wins_and_inherits_no_decision() {
        use Decision::{Drop, Keep, Undecided};

        // What propagators find, one after the other; the span, whether its flag is set, and the decision.
        let table: &[(&[Found], u64, bool, Option<Decision>)] = &[
            (&[], 0, false, None),
            (&[span(1, 2, Some(true))], 2, true, None),
            (&[span(1, 2, Some(false))], 2, false, None),
            (&[span(1, 2, None)], 2, false, Some(Undecided)),
            (&[span(0, 2, None)], 0, false, None),
            (&[span(1, 0, Some(true))], 0, false, None),
            (&[decided(true)], 0, false, Some(Keep)),
            (&[decided(true), decided(false)], 0, false, Some(Drop)),
            (&[decided(false), span(1, 2, Some(true))], 2, true, None),
            (&[decided(false), span(1, 2, None)], 2, false, Some(Undecided)),
            (&[span(1, 2, Some(true)), decided(false)], 2, true, None),
            (&[span(1, 2, None), decided(false)], 2, false, Some(Undecided)),
            (&[span(1, 2, None), span(3, 4, Some(false))], 4, false, None),
            (&[span(1, 2, Some(true)), span(3, 4, None)], 4, false, Some(Undecided)),
            (&[span(1, 2, None), span(3, 4, Some(true)), span(1, 2, Some(false))], 2, false, None),
            (&[span(1, 2, None), span(1, 2, Some(true))], 2, true, None),
            (&[span(1, 2, Some(true)), span(1, 2, None)], 2, true, None),
            (&[span(1, 2, Some(true)), span(1, 2, Some(false))], 2, true, None),
        ];
        for (found, span_id, is_sampled, expected) in table {
            let context = context(found);
            let span = context.span();
            let span = span.span_context();
            assert_eq!((span.span_id(), span.is_sampled()), (SpanId::from(*span_id), *is_sampled), "{found:?}");
            assert_eq!(decision(&context), *expected, "{found:?}");
            assert_eq!(span.is_valid(), context.has_active_span(), "{found:?}");
        }
    }

    #[test]
    fn the_trace_state_of_the_same_span_stays() {
        let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
        for (first, second) in [(Some(true), Some(true)), (Some(true), None), (None, Some(true))] {
            let Found::Span { trace_id, span_id, sampled, .. } = span(1, 2, first) else { unreachable!() };
            let first = Found::Span { trace_id, span_id, sampled, trace_state: state.clone() };
            let context = context(&[first, span(1, 2, second)]);
            assert_eq!(*context.span().span_context().trace_state(), state);
        }
    }

    fn sample(sampler: &Sampler, context: &Context) -> SamplingResult {
        Decided(sampler.clone()).should_sample(Some(context), TraceId::from(7), "", &SpanKind::Server, &[], &[])
    }

    #[test]
    fn samplers_hear_of_decisions() {
        let parent_based = |root| Sampler::ParentBased(Box::new(root));
        let (on, off) = (parent_based(Sampler::AlwaysOn), parent_based(Sampler::AlwaysOff));
        // What each sampler decides: by its parent and else on, by its parent and else off, always on.
        let table = [
            (None, [true, false, true]),
            (Some(span(1, 2, Some(true))), [true, true, true]),
            (Some(span(1, 2, Some(false))), [false, false, true]),
            (Some(span(1, 2, None)), [true, false, true]),
            (Some(decided(true)), [true, true, true]),
            (Some(decided(false)), [false, false, true]),
        ];
        for (found, expected) in table {
            let context = context(found.as_slice());
            let results = [&on, &off, &Sampler::AlwaysOn].map(|sampler| sample(sampler, &context));
            let is_sampled = results.clone().map(|result| result.decision == SamplingDecision::RecordAndSample);
            assert_eq!(is_sampled, expected, "{found:?}");
            for result in results {
                assert_eq!(result.trace_state, *context.span().span_context().trace_state(), "{found:?}");
            }
        }
    }

    #[test]
    fn below_a_span_of_this_process_its_decision_counts() {
        for found in [span(1, 2, None), decided(true), decided(false)] {
            for is_sampled in [true, false] {
                let flags = TraceFlags::default().with_sampled(is_sampled);
                let local = SpanContext::new(TraceId::from(1), SpanId::from(2), flags, false, TraceState::NONE);
                // The only way to put a span that is not remote into a context.
                let context = found.clone().add_to(&Context::new()).with_remote_span_context(local);
                let result = sample(&Sampler::ParentBased(Box::new(Sampler::AlwaysOn)), &context);
                assert_eq!(result.decision == SamplingDecision::RecordAndSample, is_sampled, "{found:?}");
            }
        }
    }
}
