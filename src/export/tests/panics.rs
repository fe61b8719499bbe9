//! Exporters that panic.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::Notify;

use super::backend::{Backend, Behaviour, Exporter};
use super::spans::{app_span, error_message, export, service_span};
use crate::export::PerServiceExporter;

#[test]
fn panicking_exporter_is_replaced() {
    for panicking in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.set_behaviour(panicking, Behaviour::PanicsOnExport);
        let batch = vec![app_span(0), service_span("a", 1), service_span("b", 2), service_span("c", 3)];
        let result = export(&exporter, batch);
        assert_eq!(error_message(result), "Operation failed: an exporter panicked");
        assert_eq!(backend.by_service().len(), 4, "every exporter got its spans");

        backend.recover(panicking);
        backend.log(&[]);
        export(&exporter, vec![app_span(4), service_span("a", 5), service_span("b", 6), service_span("c", 7)])
            .expect("exported");
        let expected = ["app", "a", "b", "c"].into_iter().map(str::to_owned);
        let expected = expected.zip([vec![0, 4], vec![1, 5], vec![2, 6], vec![3, 7]]);
        assert_eq!(backend.by_service(), expected.collect());
        let (opens, exports) = (format!("{panicking} opens"), format!("{panicking} exports"));
        assert_eq!(backend.log(&[panicking]), [opens, exports], "by a new exporter");

        let records = backend.records();
        assert_eq!(records.len(), 5);
        assert_eq!(records.iter().filter(|record| record.is_dropped).count(), 1);
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
    assert_eq!(error_message(exported), "Operation failed: an exporter panicked");
    assert_eq!(backend.by_service().len(), 3);
}

#[test]
fn exporter_may_panic_in_every_method() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(1).min_idle(Duration::ZERO);
    export(&exporter, vec![service_span("a", 0)]).expect("exported");
    backend.set_behaviour("a", Behaviour::PanicsAlways);
    export(&exporter, vec![service_span("b", 1)]).expect("exported, and a closed");
    error_message(export(&exporter, vec![service_span("a", 2), app_span(3)]));
    export(&exporter, vec![service_span("b", 4)]).expect("exported");
    let spans = [("a".into(), vec![0, 2]), ("app".into(), vec![3]), ("b".into(), vec![1, 4])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));

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
    let spans = [("app".into(), vec![2, 0]), ("b".into(), vec![1])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));

    backend.recover("a");
    export(&exporter, vec![service_span("a", 3)]).expect("exported");
    assert_eq!(backend.by_service()["a"], [3]);
}

#[test]
fn application_without_exporter_reports_an_error() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.set_behaviour("app", Behaviour::PanicsOnExport);
    error_message(export(&exporter, vec![app_span(0)]));
    backend.set_behaviour("app", Behaviour::PanicsWhenMade);
    let result = export(&exporter, vec![app_span(1), service_span("a", 2)]);
    assert_eq!(error_message(result), "Operation failed: an exporter panicked");
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
