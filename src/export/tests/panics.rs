//! Exporters that panic.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::Notify;

use super::backend::{Backend, Behaviour, Exporter};
use super::spans::{export, message, of, own};
use crate::export::PerServiceExporter;

#[test]
fn a_panicking_exporter_is_replaced_and_doesnt_stop_the_others() {
    for panicking in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.behave(panicking, Behaviour::PanicsAtOnce);
        let batch = vec![own(0), of("a", 1), of("b", 2), of("c", 3)];
        let result = export(&exporter, batch);
        assert_eq!(message(result), "Operation failed: an exporter panicked");
        assert_eq!(backend.by_service().len(), 4, "all had theirs");

        backend.recover(panicking);
        backend.log(&[]);
        export(&exporter, vec![own(4), of("a", 5), of("b", 6), of("c", 7)]).expect("exported");
        let expected = ["app", "a", "b", "c"].into_iter().map(str::to_owned);
        let expected = expected.zip([vec![0, 4], vec![1, 5], vec![2, 6], vec![3, 7]]);
        assert_eq!(backend.by_service(), expected.collect());
        let (opens, exports) = (format!("{panicking} opens"), format!("{panicking} exports"));
        assert_eq!(backend.log(&[panicking]), [opens, exports], "by a new one");

        let records = backend.records();
        assert_eq!(records.len(), 5);
        assert_eq!(records.iter().filter(|record| record.is_dropped).count(), 1);
    }
}

#[tokio::test]
async fn a_panic_at_a_later_poll_is_caught_too() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gate = Arc::new(Notify::new());
    backend.behave("a", Behaviour::PanicsAfter(Arc::clone(&gate)));
    let exported = exporter.export(vec![own(0), of("a", 1), of("b", 2)]);
    let (exported, ()) = tokio::join!(exported, async { gate.notify_waiters() });
    assert_eq!(message(exported), "Operation failed: an exporter panicked");
    assert_eq!(backend.by_service().len(), 3);
}

#[test]
fn an_exporter_may_panic_in_everything_it_does() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(1).min_idle(Duration::ZERO);
    export(&exporter, vec![of("a", 0)]).expect("exported");
    backend.behave("a", Behaviour::PanicsAlways);
    export(&exporter, vec![of("b", 1)]).expect("a is closed to make room");
    message(export(&exporter, vec![of("a", 2), own(3)]));
    export(&exporter, vec![of("b", 4)]).expect("exported");
    let spans = [("a".into(), vec![0, 2]), ("app".into(), vec![3]), ("b".into(), vec![1, 4])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));

    backend.behave("b", Behaviour::PanicsAlways);
    message(exporter.force_flush());
    message(exporter.shutdown());
    assert!(backend.records().iter().all(|record| record.is_dropped));
}

#[test]
fn a_service_for_which_no_exporter_can_be_made_is_exported_by_the_applications() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.behave("a", Behaviour::PanicsWhenMade);
    export(&exporter, vec![of("a", 0), of("b", 1), own(2)]).expect("exported");
    let spans = [("app".into(), vec![2, 0]), ("b".into(), vec![1])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));

    backend.recover("a");
    export(&exporter, vec![of("a", 3)]).expect("exported");
    assert_eq!(backend.by_service()["a"], [3]);
}

#[test]
fn only_an_application_without_any_exporter_loses_spans_and_says_so() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.behave("app", Behaviour::PanicsAtOnce);
    message(export(&exporter, vec![own(0)]));
    backend.behave("app", Behaviour::PanicsWhenMade);
    let result = export(&exporter, vec![own(1), of("a", 2)]);
    assert_eq!(message(result), "Operation failed: an exporter panicked");
    assert_eq!(backend.by_service()["a"], [2]);

    backend.recover("app");
    export(&exporter, vec![own(3)]).expect("exported");
    assert_eq!(backend.by_service()["app"], [0, 3]);
}

#[test]
fn a_configuration_that_cant_work_shows_at_the_start() {
    let made = catch_unwind(|| {
        PerServiceExporter::new(|| -> Exporter { panic!("no such endpoint") });
    });
    assert!(made.is_err());
}
