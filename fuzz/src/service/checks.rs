//! What must hold for every request: how it was counted, its headers, and its span.

use std::time::{Duration, SystemTime};

use apigateway_inferred_span::Stats;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind};
use opentelemetry::Value;
use opentelemetry_sdk::trace::SpanData;

use super::driver::{Exchange, Layers};
use super::events::{is_owner, Event, Seen};
use super::input::{Propagation, Sampling, Settings};
use super::layer::SECRET;
use super::model::{gateways_status, Model};
use super::telemetry::propagation_headers;
use crate::{assert_sound, attribute, now, take_log, text};

/// How much earlier than by our clock the gateway may have cut off.
const TOLERANCE: Duration = Duration::from_millis(250);

/// Checks everything that can only be known once all requests are over.
pub fn check(layers: &Layers<'_>, exchanges: &[Exchange]) {
    let log = take_log();
    for exchange in exchanges {
        let seen = exchange.seen.borrow();
        assert_eq!(seen.calls, 1, "the application is called once");
        let is_mine = |id| is_owner(&exchange.seen, id);
        let started: Vec<_> = log.started.iter().filter(|id| is_mine(**id)).collect();
        let ended: Vec<_> = log.ended.iter().filter(|span| is_mine(span.span_context.span_id())).collect();
        check_headers(layers.settings, &exchange.sent, exchange.code, &seen);
        check_spans(layers.settings, exchange.is_head, exchange.code, &seen, &started, &ended);
    }
    if let Some(nested) = &layers.nested {
        check_nested(&layers.outer.stats(), &nested.stats());
    }
    assert_eq!(log.started.len(), log.ended.len());
    let mut ids: Vec<_> = log.ended.iter().map(|span| span.span_context.span_id()).collect();
    ids.sort_by_key(|id| id.to_bytes());
    ids.dedup();
    assert_eq!(ids.len(), log.ended.len(), "a span ended twice");
}

/// Checks that the request was counted once, under the code of the model, and returns this code.
pub(crate) fn check_count(
    settings: &Settings,
    sent: &HeaderMap,
    before: &Stats,
    after: &Stats,
) -> Option<&'static str> {
    let counted: Vec<_> = after
        .iter()
        .zip(before.iter())
        .filter(|((_, after), (_, before))| after != before)
        .map(|((code, after), (_, before))| (code, after - before))
        .collect();
    let expected = settings.code(sent);
    match (expected, &counted[..]) {
        (None, []) => {}
        (Some(expected), [(code, 1)]) if *code == expected => {}
        (Some("accepted"), [("panicked", 1)]) if settings.may_panic_late() => {}
        _ => panic!("{counted:?} instead of {expected:?}"),
    }
    counted.first().map(|(code, _)| *code)
}

/// The inner of two layers leaves to the outer one whatever that has judged.
fn check_nested(outer: &Stats, nested: &Stats) {
    let again: u64 = nested.iter().map(|(_, count)| count).sum();
    assert_eq!(again, 0, "{nested:?} within {outer:?}");
}

/// All headers came through, except those that were stripped. The propagation headers and the request's extensions name
/// the current span.
fn check_headers(settings: &Settings, sent: &HeaderMap, code: Option<&str>, seen: &Seen) {
    let is_secret = |name: &HeaderName| settings.shared_secret && name.as_str() == SECRET.0;
    let is_gateways = |name: &HeaderName| name.as_str().starts_with("x-dd-proxy") || is_secret(name);
    let stripped = settings.strip_headers;
    let has_exchange = matches!(code, Some("accepted" | "deferred"));
    let written = propagation_headers(settings.propagation);
    let others = |headers: &HeaderMap| -> Vec<(HeaderName, HeaderValue)> {
        headers
            .iter()
            .filter(|(name, _)| !(has_exchange && written.contains(&name.as_str())))
            .filter(|(name, _)| !(stripped && is_gateways(name)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    assert_eq!(sorted(others(sent)), sorted(others(&seen.headers)));
    if stripped {
        assert!(!seen.headers.keys().any(is_gateways), "{:?}", seen.headers);
    }
    for name in seen.headers.keys() {
        assert!(sent.contains_key(name) || written.contains(&name.as_str()));
    }
    if !has_exchange {
        return assert_eq!(seen.carried, None);
    }
    let current = seen.current.as_ref().expect("a current span");
    assert!(current.is_valid());
    assert_eq!(seen.carried.as_ref(), Some(current));
    let named = seen.named.as_ref().expect("extracted");
    if settings.propagation == Propagation::InjectPanics {
        return assert!(!named.is_valid());
    }
    let parts = |span: &SpanContext| (span.trace_id(), span.span_id(), span.is_sampled());
    assert_eq!(parts(named), parts(current), "the headers name another span: {:?}", seen.headers);
    // X-Ray's propagator keeps there what it doesn't understand of its header, and can't always read it again.
    if matches!(settings.propagation, Propagation::TraceContext | Propagation::WithBaggage) {
        assert_eq!(named.trace_state(), current.trace_state());
    }
}

/// Sorts by name; values of the same name keep their order.
fn sorted(mut headers: Vec<(HeaderName, HeaderValue)>) -> Vec<(HeaderName, HeaderValue)> {
    headers.sort_by(|one, other| one.0.as_str().cmp(other.0.as_str()));
    headers
}

/// At most one span, which ends once and as the model says.
fn check_spans(
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
    let elapsed = elapsed(now(), span.end_time);
    let wait = settings.gives_up_after(span);
    if wait.is_some_and(|wait| wait > Duration::ZERO && wait <= elapsed) {
        // The head may have come before that or after.
        return;
    }
    let is_late = model.status.is_some() && wait == Some(Duration::ZERO);
    let was_set = settings.integration_timeout_ms.is_some_and(|ms| ms > 0);
    let cut_off = wait.is_some_and(|wait| elapsed + TOLERANCE >= wait);
    let (expected, status) = match model.failure {
        Some("open") | None if is_late && was_set => ("timeout".to_owned(), gateways_status(span)),
        Some("open") if cut_off => ("timeout".to_owned(), model.status.or(gateways_status(span))),
        Some("open") => ("cancelled".to_owned(), model.status),
        Some(failure) => (failure.to_owned(), model.status),
        None => {
            let error_status = model.status.filter(|status| settings.is_error(*status));
            (error_status.map(|status| status.to_string()).unwrap_or_default(), model.status)
        }
    };
    assert_eq!(text(span, "error.type"), expected, "{:?}", seen.events);
    let is_error = matches!(span.status, opentelemetry::trace::Status::Error { .. });
    assert_eq!(is_error, !expected.is_empty());
    let found = attribute(span, "http.response.status_code");
    assert_eq!(found, status.map(|status| Value::I64(status.into())).as_ref());
    if model.status != Some(101) {
        assert_order(&seen.events);
    }
}

fn elapsed(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).expect("no span ends before it starts")
}

/// The application's future and body are dropped before the span ends.
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
