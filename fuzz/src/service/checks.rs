//! What must hold for every request.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanId, SpanKind};
use opentelemetry::Value;
use opentelemetry_sdk::trace::SpanData;

use super::events::{Event, Seen};
use super::input::{Sampling, Settings};
use super::model::Model;
use super::telemetry::PROPAGATION;
use crate::{assert_sound, attribute, now, text};

pub(crate) fn check_headers(settings: &Settings, sent: &HeaderMap, code: Option<&str>, seen: &Seen) {
    let is_gateways = |name: &HeaderName| name.as_str().starts_with("x-dd-proxy");
    let stripped = settings.strip_headers && code.is_some();
    let may_be_rewritten = matches!(code, Some("accepted" | "panicked"));
    let others = |headers: &HeaderMap| -> Vec<(HeaderName, HeaderValue)> {
        headers
            .iter()
            .filter(|(name, _)| !(may_be_rewritten && PROPAGATION.contains(&name.as_str())))
            .filter(|(name, _)| !(stripped && is_gateways(name)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    assert_eq!(sorted(others(sent)), sorted(others(&seen.headers)));
    if stripped {
        assert!(!seen.headers.keys().any(is_gateways), "{:?}", seen.headers);
    }
    for name in seen.headers.keys() {
        assert!(sent.contains_key(name) || PROPAGATION.contains(&name.as_str()));
    }
    if code == Some("accepted") {
        let current = seen.current.as_ref().expect("a current span");
        assert!(current.is_valid());
        if let Some(named) = seen.named.as_ref().filter(|named| named.is_valid()) {
            assert_eq!(named.span_id(), current.span_id(), "the headers name another span");
            assert_eq!(named.trace_id(), current.trace_id());
        }
    }
}

/// By name; values of the same name stay in their order.
fn sorted(mut headers: Vec<(HeaderName, HeaderValue)>) -> Vec<(HeaderName, HeaderValue)> {
    headers.sort_by(|one, other| one.0.as_str().cmp(other.0.as_str()));
    headers
}

pub(crate) fn check_spans(
    settings: &Settings,
    is_head: bool,
    code: Option<&str>,
    seen: &Seen,
    started: &[&SpanId],
    ended: &[&SpanData],
) {
    assert_eq!(started.len(), ended.len(), "each span ends once");
    for span in ended {
        assert_sound(span);
    }
    match code {
        Some("accepted") => {
            assert!(ended.len() <= 1);
            assert!(settings.sampling != Sampling::On || ended.len() == 1);
            assert!(settings.sampling != Sampling::Off || ended.is_empty());
        }
        // Each of two layers may have met a processor that panics.
        Some("panicked") => return assert!(ended.len() <= 2),
        _ => return assert!(ended.is_empty(), "{code:?} {ended:?}"),
    }
    let [span] = ended else { return };

    assert_eq!(span.span_kind, SpanKind::Server);
    assert!(span.start_time <= now());
    assert_eq!(Some(&span.span_context), seen.current.as_ref());
    let model = Model::of(is_head, &seen.events);
    let expected = match model.status.filter(|status| settings.is_error(*status)) {
        Some(status) => status.to_string(),
        None => match model.failure {
            Some("open") => {
                let age = elapsed(span.start_time, span.end_time);
                let timed_out = settings.timeout(span).is_some_and(|timeout| age >= timeout);
                if timed_out { "timeout" } else { "cancelled" }.to_owned()
            }
            failure => failure.unwrap_or_default().to_owned(),
        },
    };
    assert_eq!(text(span, "error.type"), expected, "{:?}", seen.events);
    let is_error = matches!(span.status, opentelemetry::trace::Status::Error { .. });
    assert_eq!(is_error, !expected.is_empty());
    let status = attribute(span, "http.response.status_code");
    assert_eq!(status, model.status.map(|status| Value::I64(status.into())).as_ref());
    assert_order(&seen.events);
}

fn elapsed(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).expect("no span ends before it starts")
}

/// What was within the span is gone before the span ends.
fn assert_order(events: &[Event]) {
    let at = |event: Event| events.iter().position(|other| *other == event);
    let end = at(Event::SpanEnded).expect("it ended");
    let responded = events.iter().any(|event| matches!(event, Event::Responded { .. }));
    let failed = at(Event::ServiceFailed).is_some();
    if responded {
        assert!(at(Event::BodyDropped).is_some_and(|dropped| dropped < end), "{events:?}");
    } else if let (false, Some(dropped)) = (failed, at(Event::FutureDropped)) {
        assert!(dropped < end, "{events:?}");
    }
}
