//! Exporters that fail or take their time.

use std::sync::Arc;

use futures_util::FutureExt as _;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::Notify;

use super::backend::{Backend, Behaviour};
use super::spans::{export, message, of, own};

#[test]
fn a_failing_exporter_doesnt_stop_the_others() {
    for failing in [&["app"][..], &["b"], &["a", "b", "c", "app"]] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        for service in failing {
            backend.behave(service, Behaviour::Fails("refused"));
        }
        for round in 0..2 {
            let id = 4 * round;
            let batch = vec![own(id), of("a", id + 1), of("b", id + 2), of("c", id + 3)];
            let result = export(&exporter, batch);
            assert_eq!(message(result), "Operation failed: refused");
        }
        let expected = ["app", "a", "b", "c"].into_iter().map(str::to_owned);
        let expected = expected.zip([vec![0, 4], vec![1, 5], vec![2, 6], vec![3, 7]]);
        assert_eq!(backend.by_service(), expected.collect());
        assert_eq!(backend.records().len(), 4, "a failure is no reason for a new one");
    }
}

#[test]
fn the_first_error_is_returned() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.behave("app", Behaviour::Fails("first"));
    backend.behave("a", Behaviour::Fails("second"));
    let result = export(&exporter, vec![of("a", 0), of("b", 1), own(2)]);
    assert_eq!(message(result), "Operation failed: first");
}

#[test]
fn a_hanging_exporter_holds_up_nobody_elses_spans() {
    for hanging in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.behave(hanging, Behaviour::Hangs);
        let batch = vec![own(0), of("a", 1), of("b", 2), of("c", 3)];
        // The processor gives up on the export by dropping it.
        assert!(exporter.export(batch).now_or_never().is_none());
        assert_eq!(backend.by_service().len(), 4);

        backend.recover(hanging);
        export(&exporter, vec![own(4), of("a", 5), of("c", 6)]).expect("exported");
        assert_eq!(backend.records().len(), 4, "and it isn't replaced");
        exporter.shutdown().expect("shut down");
    }
}

#[tokio::test]
async fn exports_wait_for_each_other_and_not_in_turn() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gate = Arc::new(Notify::new());
    for service in ["app", "a", "b"] {
        backend.behave(service, Behaviour::WaitsFor(Arc::clone(&gate)));
    }
    let exported = exporter.export(vec![own(0), of("a", 1), of("b", 2), of("c", 3)]);
    let open = async {
        assert_eq!(backend.by_service().len(), 4, "all have theirs");
        gate.notify_waiters();
    };
    let (exported, ()) = tokio::join!(exported, open);
    exported.expect("exported");
}
