//! B3, Zipkin's format: one header or several.
//!
//! Both forms are read, the single header first, as [OpenTelemetry's specification] says; which one is written is a
//! setting.
//!
//! [OpenTelemetry's specification]: https://opentelemetry.io/docs/specs/otel/context/api-propagators/#b3-requirements

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt as _, TraceState};
use opentelemetry::{Context, TraceId};

use super::decision::Found;
use super::fields;
use crate::request::text::{read_hex, read_span_id, trim};

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

/// Which headers are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoding {
    Single,
    Multiple,
}

#[derive(Debug)]
pub(super) struct B3 {
    encoding: Encoding,
    fields: Vec<String>,
}

impl B3 {
    pub(super) fn new(encoding: Encoding) -> Self {
        let fields = match encoding {
            Encoding::Single => fields(&[SINGLE]),
            Encoding::Multiple => fields(&[TRACE_ID, SPAN_ID, SAMPLED]),
        };
        Self { encoding, fields }
    }
}

impl TextMapPropagator for B3 {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let (trace_id, span_id, sampled) = (span.trace_id(), span.span_id(), u8::from(span.is_sampled()));
        match self.encoding {
            Encoding::Single => injector.set(SINGLE, format!("{trace_id}-{span_id}-{sampled}")),
            Encoding::Multiple => {
                injector.set(TRACE_ID, trace_id.to_string());
                injector.set(SPAN_ID, span_id.to_string());
                injector.set(SAMPLED, sampled.to_string());
            }
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let found = extractor.get(SINGLE).and_then(single).or_else(|| multiple(extractor));
        found.map_or_else(|| context.clone(), |found| found.add_to(context))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

/// `{trace}-{span}`, `{trace}-{span}-{sampled}`, `{trace}-{span}-{sampled}-{parent}`, or `{sampled}`.
fn single(value: &str) -> Option<Found> {
    let mut parts = trim(value).split('-');
    let first = parts.next()?;
    let Some(span_id) = parts.next() else {
        return Some(Found::Decision { sampled: sampled(first)? });
    };
    let sampled = match parts.next() {
        Some(part) => Some(sampled(part)?),
        None => None,
    };
    if let Some(parent) = parts.next() {
        read_hex(parent, 16)?;
    }
    match parts.next() {
        Some(_) => None,
        None => span(first, span_id, sampled),
    }
}

/// Debug means sampled, too.
fn sampled(part: &str) -> Option<bool> {
    match part {
        "1" | "d" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

fn multiple(extractor: &dyn Extractor) -> Option<Found> {
    let trace_id = extractor.get(TRACE_ID).map(trim);
    let span_id = extractor.get(SPAN_ID).map(trim);
    let sampled = match (extractor.get(FLAGS).map(trim), extractor.get(SAMPLED).map(trim)) {
        (Some("1"), _) => Some(true),
        (_, Some("1")) => Some(true),
        (_, Some("0")) => Some(false),
        // Older tracers write the words.
        (_, Some(word)) if word.eq_ignore_ascii_case("true") => Some(true),
        (_, Some(word)) if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    match (trace_id, span_id) {
        (Some(trace_id), Some(span_id)) => span(trace_id, span_id, sampled),
        (None, None) => Some(Found::Decision { sampled: sampled? }),
        _ => None,
    }
}

/// A trace id of 16 digits is the lower half of one.
fn span(trace_id: &str, span_id: &str, sampled: Option<bool>) -> Option<Found> {
    let trace_id = read_hex(trace_id, 32).or_else(|| read_hex(trace_id, 16)).filter(|id| *id != 0)?;
    let (trace_id, span_id) = (TraceId::from(trace_id), read_span_id(span_id)?);
    Some(Found::Span { trace_id, span_id, sampled, trace_state: TraceState::NONE })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{self, extracted, round_trip, writes, Read, T};
    use super::*;

    const DROP: Read = Read::Drop;
    const KEEP: Read = Read::Keep;
    const NOTHING: Read = Read::Nothing;
    const LONG: u128 = T;
    const SHORT: u128 = T & u64::MAX as u128;
    const SPAN: u64 = 0x00f0_67aa_0ba9_02b7;

    fn reads(headers: &[(&str, &str)], expected: Read) {
        for encoding in [Encoding::Single, Encoding::Multiple] {
            assert_eq!(extracted(&B3::new(encoding), headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn the_single_header_is_read() {
        let table = [
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", Read::Span(LONG, SPAN, Some(true))),
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", Read::Span(LONG, SPAN, Some(false))),
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-d", Read::Span(LONG, SPAN, Some(true))),
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", Read::Span(LONG, SPAN, None)),
            (" 4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7 ", Read::Span(LONG, SPAN, None)),
            ("a3ce929d0e0e4736-00f067aa0ba902b7-1", Read::Span(SHORT, SPAN, Some(true))),
            ("a3ce929d0e0e4736-00f067aa0ba902b7-1-05e3ac9a4f6e3b90", Read::Span(SHORT, SPAN, Some(true))),
            ("0", DROP),
            ("1", KEEP),
            ("d", KEEP),
            ("", NOTHING),
            ("2", NOTHING),
            ("-", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e4736", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-2", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1-", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1-05e3ac9a4f6e3b90-1", NOTHING),
            ("00000000000000000000000000000000-00f067aa0ba902b7-1", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-1", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-1", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b-1", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-1", NOTHING),
            ("4bf92f3577b34da6a3ce929d0e0e4736é-00f067aa0ba902b7-1", NOTHING),
        ];
        for (value, expected) in table {
            reads(&[("b3", value)], expected);
        }
    }

    #[test]
    fn multiple_headers_are_read() {
        let trace = ("x-b3-traceid", "4bf92f3577b34da6a3ce929d0e0e4736");
        let span = ("x-b3-spanid", "00f067aa0ba902b7");
        let sampled = |value| ("x-b3-sampled", value);
        let flags = |value| ("x-b3-flags", value);
        let found = |sampled| Read::Span(LONG, SPAN, sampled);
        let table: &[(&[(&str, &str)], Read)] = &[
            (&[trace, span], found(None)),
            (&[trace, span, sampled("1")], found(Some(true))),
            (&[trace, span, sampled("0")], found(Some(false))),
            (&[trace, span, sampled("true")], found(Some(true))),
            (&[trace, span, sampled("False")], found(Some(false))),
            (&[trace, span, sampled("maybe")], found(None)),
            (&[trace, span, flags("1")], found(Some(true))),
            (&[trace, span, flags("1"), sampled("0")], found(Some(true))),
            (&[trace, span, flags("0"), sampled("0")], found(Some(false))),
            (&[trace, span, ("x-b3-parentspanid", "no")], found(None)),
            (&[("x-b3-traceid", "A3CE929D0E0E4736"), span], Read::Span(SHORT, SPAN, None)),
            (&[sampled("0")], DROP),
            (&[sampled("1")], KEEP),
            (&[flags("1")], KEEP),
            (&[flags("0")], NOTHING),
            (&[trace, sampled("0")], NOTHING),
            (&[span, sampled("0")], NOTHING),
            (&[("x-b3-traceid", "0000000000000000"), span, sampled("0")], NOTHING),
            (&[trace, ("x-b3-spanid", "0000000000000000")], NOTHING),
            // The single header comes first, unless it is malformed.
            (&[trace, span, ("b3", "0")], DROP),
            (&[trace, span, ("b3", "a3ce929d0e0e4736-0000000000000001-0")], Read::Span(SHORT, 1, Some(false))),
            (&[trace, span, ("b3", "a3ce929d0e0e4736")], found(None)),
        ];
        for (headers, expected) in table {
            reads(headers, *expected);
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let single = ("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1");
        writes(&B3::new(Encoding::Single), tests::span(LONG, SPAN, true, ""), &[single]);
        let trace = ("x-b3-traceid", "0000000000000000a3ce929d0e0e4736");
        let multiple = [("x-b3-sampled", "0"), ("x-b3-spanid", "00f067aa0ba902b7"), trace];
        writes(&B3::new(Encoding::Multiple), tests::span(SHORT, SPAN, false, ""), &multiple);
        for encoding in [Encoding::Single, Encoding::Multiple] {
            round_trip(&B3::new(encoding));
        }
    }
}
