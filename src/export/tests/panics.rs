//! Exporters that panic.

use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::Notify;

use super::backend::{Backend, Behaviour, Exporter};
use super::spans::{app_span, error_message, export, four_spans, ids, service_span};
use crate::export::PerServiceExporter;

const PANICKED: &str = "Operation failed: an exporter panicked";

#[test]
fn panicking_exporter_does_not_stop_the_others() {
    for panicking in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.set_behaviour(panicking, Behaviour::PanicsOnExport);
        let result = export(&exporter, four_spans(0));
        assert_eq!(error_message(result), PANICKED, "{panicking}");
        assert_eq!(backend.by_service(), ids([("app", &[0]), ("a", &[1]), ("b", &[2]), ("c", &[3])]), "{panicking}");
    }
}

#[test]
fn panicking_exporter_is_replaced() {
    for panicking in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.set_behaviour(panicking, Behaviour::PanicsOnExport);
        error_message(export(&exporter, four_spans(0)));

        backend.recover(panicking);
        backend.log(&[]);
        export(&exporter, four_spans(4)).expect("exported");
        assert_eq!(backend.log(&[panicking]), [format!("{panicking} opens"), format!("{panicking} exports")]);
        let expected = ids([("app", &[0, 4]), ("a", &[1, 5]), ("b", &[2, 6]), ("c", &[3, 7])]);
        assert_eq!(backend.by_service(), expected, "{panicking}");
        let is_dropped: Vec<_> = backend.records().iter().map(|record| record.is_dropped).collect();
        assert_eq!(is_dropped.len(), 5, "{panicking}: no other exporter is replaced");
        assert_eq!(is_dropped.into_iter().filter(|is_dropped| *is_dropped).count(), 1, "{panicking}");
    }
}

#[tokio::test]
async fn panic_in_a_later_poll_is_caught() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gate = Arc::new(Notify::new());
    backend.set_behaviour("a", Behaviour::PanicsOnLaterPoll(Arc::clone(&gate)));
    let exported = exporter.export(vec![app_span(0), service_span("a", 1), service_span("b", 2)]);
    let (exported, ()) = tokio::join!(exported, async { gate.notify_waiters() });
    assert_eq!(error_message(exported), PANICKED);
    assert_eq!(backend.by_service().len(), 3);
}

/// An exporter for one service at a time, which has replaced `a` by `b` although `a` panics in every method.
fn with_a_panicking() -> (Backend, PerServiceExporter<Exporter>) {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(1).min_idle_time(Duration::ZERO);
    export(&exporter, vec![service_span("a", 0)]).expect("exported");
    backend.set_behaviour("a", Behaviour::PanicsAlways);
    export(&exporter, vec![service_span("b", 1)]).expect("exported");
    error_message(export(&exporter, vec![service_span("a", 2), app_span(3)]));
    export(&exporter, vec![service_span("b", 4)]).expect("exported");
    (backend, exporter)
}

#[test]
fn exporter_may_panic_in_every_method() {
    let (backend, _exporter) = with_a_panicking();
    assert_eq!(backend.by_service(), ids([("a", &[0, 2]), ("app", &[3]), ("b", &[1, 4])]));
}

#[test]
fn panic_on_flush_or_shutdown_is_an_error() {
    let (backend, exporter) = with_a_panicking();
    backend.set_behaviour("b", Behaviour::PanicsAlways);
    error_message(exporter.force_flush());
    error_message(exporter.shutdown());
    assert!(backend.records().iter().all(|record| record.is_dropped));
}

#[test]
fn application_exports_spans_if_make_panics() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.set_behaviour("a", Behaviour::PanicsWhenMade);
    export(&exporter, vec![service_span("a", 0), service_span("b", 1), app_span(2)]).expect("exported");
    assert_eq!(backend.by_service(), ids([("app", &[2, 0]), ("b", &[1])]));
}

#[test]
fn make_is_called_again_after_a_panic() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.set_behaviour("a", Behaviour::PanicsWhenMade);
    export(&exporter, vec![service_span("a", 0)]).expect("exported");
    backend.recover("a");
    export(&exporter, vec![service_span("a", 1)]).expect("exported");
    assert_eq!(backend.by_service(), ids([("app", &[0]), ("a", &[1])]));
}

#[test]
fn application_without_exporter_reports_an_error() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.set_behaviour("app", Behaviour::PanicsOnExport);
    error_message(export(&exporter, vec![app_span(0)]));
    backend.set_behaviour("app", Behaviour::PanicsWhenMade);
    let result = export(&exporter, vec![app_span(1), service_span("a", 2)]);
    assert_eq!(error_message(result), PANICKED);
    assert_eq!(backend.by_service()["a"], [2]);

    backend.recover("app");
    export(&exporter, vec![app_span(3)]).expect("exported");
    assert_eq!(backend.by_service()["app"], [0, 3]);
}

#[test]
fn new_panics_if_the_first_make_panics() {
    let made = catch_unwind(|| {
        PerServiceExporter::new(|| -> Exporter { panic!("no such endpoint") });
    });
    assert!(made.is_err());
}
