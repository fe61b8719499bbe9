//! Datadog's format: ids in decimal, and tags that go along with the trace.
//!
//! The lower half of the trace id is in a separate header, and the upper half in a tag. What the headers say beyond a
//! span context, which is the sampling priority, the origin and the tags, is kept in the trace state, as an [`Entry`].

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, SpanId, TraceId};

use super::dd_entry::Entry;
use super::decision::Found;
use super::fields;
use crate::request::text::{read_hex, split_once, trim};

const TRACE_ID: &str = "x-datadog-trace-id";
const PARENT_ID: &str = "x-datadog-parent-id";
const PRIORITY: &str = "x-datadog-sampling-priority";
const TAGS: &str = "x-datadog-tags";
const ORIGIN: &str = "x-datadog-origin";

/// The prefix of tags that go along with a trace.
const TAG: &str = "_dd.p.";
/// The tag with the upper half of the trace id.
const TID: &str = "tid";
/// Longest value of `x-datadog-tags` in bytes, as in Datadog's tracers.
const MAX_TAGS_LEN: usize = 512;

#[derive(Debug)]
pub(super) struct Datadog {
    fields: Vec<String>,
}

impl Default for Datadog {
    fn default() -> Self {
        Self { fields: fields(&[TRACE_ID, PARENT_ID, PRIORITY, TAGS, ORIGIN]) }
    }
}

impl TextMapPropagator for Datadog {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            write(span, injector);
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let found = read(extractor, context.span().span_context());
        found.map_or_else(|| context.clone(), |found| found.add_to(context))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

/// `before` is the span that was found before.
fn read(extractor: &dyn Extractor, before: &SpanContext) -> Option<Found> {
    let lower = id(extractor.get(TRACE_ID)?)?;
    let span_id = SpanId::from(id(extractor.get(PARENT_ID)?)?);
    let priority = extractor.get(PRIORITY).and_then(|priority| trim(priority).parse::<i32>().ok());
    let tags = extractor.get(TAGS).filter(|tags| tags.len() <= MAX_TAGS_LEN).unwrap_or_default();
    let upper = tags.split(',').find_map(upper_half);
    let (before_upper, before_lower) = halves(before.trace_id());
    // Tracers that say the upper half in `traceparent` may leave it out here.
    let is_before = before.is_remote() && before_lower == lower && before.span_id() == span_id;
    let upper = upper.unwrap_or(if is_before { before_upper } else { 0 });
    Some(Found::Span {
        trace_id: TraceId::from(u128::from(upper) << 64 | u128::from(lower)),
        span_id,
        sampled: priority.map(|priority| priority > 0),
        trace_state: entry(priority, extractor.get(ORIGIN), tags).to_trace_state(),
    })
}

fn id(decimal: &str) -> Option<u64> {
    let decimal = trim(decimal);
    // The standard library takes a sign, too.
    let is_number = decimal.bytes().all(|b| b.is_ascii_digit());
    decimal.parse().ok().filter(|id| *id != 0 && is_number)
}

fn upper_half(tag: &str) -> Option<u64> {
    let (key, value) = split_once(tag, b'=')?;
    let digits = trim(value);
    let is_lower = !digits.bytes().any(|b| b.is_ascii_uppercase());
    let is_upper_half = is_lower && trim(key).strip_prefix(TAG) == Some(TID);
    u64::try_from(read_hex(digits, 16).filter(|_| is_upper_half)?).ok()
}

/// The upper and the lower half.
fn halves(trace_id: TraceId) -> (u64, u64) {
    let id = u128::from_be_bytes(trace_id.to_bytes());
    ((id >> 64) as u64, id as u64)
}

fn entry<'a>(priority: Option<i32>, origin: Option<&'a str>, tags: &'a str) -> Entry<'a> {
    let tags = tags.split(',').filter_map(|tag| {
        let (key, value) = split_once(tag, b'=')?;
        Some((trim(key).strip_prefix(TAG)?, trim(value)))
    });
    // The upper half is in the trace id.
    let tags = tags.filter(|(key, value)| !key.is_empty() && *key != TID && !value.is_empty());
    Entry { priority, origin: origin.map(trim).filter(|origin| !origin.is_empty()), tags: tags.collect() }
}

fn write(span: &SpanContext, injector: &mut dyn Injector) {
    let (upper, lower) = halves(span.trace_id());
    let entry = Entry::of(span.trace_state());
    // The decision was made anew if the flag says otherwise.
    let priority = entry.priority.filter(|priority| (*priority > 0) == span.is_sampled());
    injector.set(TRACE_ID, lower.to_string());
    injector.set(PARENT_ID, u64::from_be_bytes(span.span_id().to_bytes()).to_string());
    injector.set(PRIORITY, priority.unwrap_or(span.is_sampled().into()).to_string());
    let tags = tags(upper, &entry);
    if !tags.is_empty() {
        injector.set(TAGS, tags);
    }
    if let Some(origin) = entry.origin {
        injector.set(ORIGIN, Entry::restored(origin));
    }
}

fn tags(upper_half: u64, entry: &Entry<'_>) -> String {
    let mut tags = String::new();
    if upper_half != 0 {
        tags = format!("{TAG}{TID}={upper_half:016x}");
    }
    for (key, value) in entry.tags.iter().filter(|(key, _)| *key != TID) {
        let tag = format!("{TAG}{key}={}", Entry::restored(value));
        Entry::push(&mut tags, ',', &tag, MAX_TAGS_LEN);
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::super::tests::{extracted, round_trip, span, trace_state, writes, Headers, Read, T};
    use super::*;

    const LOWER: u128 = T & u64::MAX as u128;
    const SPAN: u64 = 0x00f0_67aa_0ba9_02b7;
    const IDS: [(&str, &str); 2] = [(TRACE_ID, "11803532876627986230"), (PARENT_ID, "67667974448284343")];
    const WHOLE: &str = "_dd.p.tid=4bf92f3577b34da6";

    #[test]
    fn ids_are_decimal_and_not_zero() {
        let table = [
            ("1", "2", Read::Span(1, 2, None)),
            (" 1 ", "002", Read::Span(1, 2, None)),
            ("18446744073709551615", "18446744073709551615", Read::Span(u64::MAX.into(), u64::MAX, None)),
            ("18446744073709551616", "2", Read::Nothing),
            ("1", "18446744073709551616", Read::Nothing),
            ("0", "2", Read::Nothing),
            ("1", "0", Read::Nothing),
            ("+1", "2", Read::Nothing),
            ("-1", "2", Read::Nothing),
            ("1", "", Read::Nothing),
            ("1", "a", Read::Nothing),
        ];
        for (trace, span, expected) in table {
            let headers = [(TRACE_ID, trace), (PARENT_ID, span)];
            assert_eq!(extracted(&Datadog::default(), &headers), expected, "{headers:?}");
        }
        for id in IDS {
            assert_eq!(extracted(&Datadog::default(), &[id, (PRIORITY, "1")]), Read::Nothing);
        }
    }

    #[test]
    fn priority_and_tags_complete_the_span() {
        let too_long = format!("{WHOLE},_dd.p.x={}", "a".repeat(MAX_TAGS_LEN));
        let table: &[(Headers<'_>, u128, Option<bool>, &str)] = &[
            (&[], LOWER, None, ""),
            (&[(PRIORITY, "2")], LOWER, Some(true), "dd=s:2"),
            (&[(PRIORITY, "1"), (ORIGIN, "rum")], LOWER, Some(true), "dd=s:1;o:rum"),
            (&[(PRIORITY, "0")], LOWER, Some(false), "dd=s:0"),
            (&[(PRIORITY, "-1")], LOWER, Some(false), "dd=s:-1"),
            (&[(PRIORITY, "keep")], LOWER, None, ""),
            (&[(PRIORITY, "")], LOWER, None, ""),
            (&[(TAGS, WHOLE)], T, None, ""),
            (&[(TAGS, "a=b, _dd.p.tid=4bf92f3577b34da6 ,_dd.p.dm=-4")], T, None, "dd=t.dm:-4"),
            (&[(TAGS, "_dd.p.tid=4BF92F3577B34DA6,_dd.p.dm=-4")], LOWER, None, "dd=t.dm:-4"),
            (&[(TAGS, "_dd.p.tid=4bf92f3577b34da")], LOWER, None, ""),
            (&[(TAGS, "_dd.p.tid=0000000000000000")], LOWER, None, ""),
            (&[(TAGS, &too_long)], LOWER, None, ""),
            (&[(TAGS, "_dd.p.=1,_dd.p.a=,_dd.p.b,dd.p.c=1,,=")], LOWER, None, ""),
            (&[(TAGS, "_dd.p.a:~ b=x=;~:y"), (ORIGIN, "a,b;c=d~é")], LOWER, None, "dd=o:a_b_c~d__;t.a___b:x~__:y"),
        ];
        for (more, trace, sampled, state) in table {
            let headers = [&IDS[..], more].concat();
            assert_eq!(extracted(&Datadog::default(), &headers), Read::Span(*trace, SPAN, *sampled), "{more:?}");
            assert_eq!(trace_state(&Datadog::default(), &headers), *state, "{more:?}");
        }
    }

    #[test]
    fn what_is_written_is_of_the_span_and_its_trace_state() {
        let more = |priority, tags, origin: Option<&'static str>| {
            let origin = origin.map(|origin| (ORIGIN, origin));
            let headers = [(PARENT_ID, IDS[1].1), (PRIORITY, priority)].into_iter();
            let tags = Some((TAGS, tags)).filter(|(_, tags): &(_, &str)| !tags.is_empty());
            origin.into_iter().chain(headers).chain(tags).chain([IDS[0]]).collect::<Vec<_>>()
        };
        let sorted = |mut headers: Vec<(&'static str, &'static str)>| {
            headers.sort_unstable();
            headers
        };
        let table = [
            (T, true, "", more("1", WHOLE, None)),
            (LOWER, false, "", more("0", "", None)),
            (
                T,
                true,
                "dd=s:2;o:rum;t.dm:-4,vendor=1",
                more("2", "_dd.p.tid=4bf92f3577b34da6,_dd.p.dm=-4", Some("rum")),
            ),
            (LOWER, false, "dd=s:2;o:rum", more("0", "", Some("rum"))),
            (LOWER, false, "dd=s:-1", more("-1", "", None)),
            (LOWER, true, "dd=s:-1;o:;t.:1", more("1", "", None)),
            (LOWER, true, "dd=t.tid:1234567812345678;t.a:b~c:d;p:1;x", more("1", "_dd.p.a=b=c:d", None)),
        ];
        for (trace, sampled, state, expected) in table {
            writes(&Datadog::default(), span(trace, SPAN, sampled, state), &sorted(expected));
        }
        round_trip(&Datadog::default());
    }

    #[test]
    fn tags_and_origin_go_through_as_they_came() {
        let tags = "_dd.p.tid=4bf92f3577b34da6,_dd.p.dm=-4,_dd.p.usr=YWJj==";
        let headers = [IDS[1], (PRIORITY, "2"), (TAGS, tags), IDS[0]];
        let state = trace_state(&Datadog::default(), &headers);
        writes(&Datadog::default(), span(T, SPAN, true, &state), &headers);
    }
}
