//! Exporters that fail, hang or take time.

use std::sync::Arc;

use futures_util::FutureExt as _;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::Notify;

use super::backend::{Backend, Behaviour};
use super::spans::{app_span, error_message, export, service_span};

#[test]
fn failing_exporter_does_not_stop_the_others() {
    for failing in [&["app"][..], &["b"], &["a", "b", "c", "app"]] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        for service in failing {
            backend.set_behaviour(service, Behaviour::FailsOnExport("refused"));
        }
        for round in 0..2 {
            let id = 4 * round;
            let batch =
                vec![app_span(id), service_span("a", id + 1), service_span("b", id + 2), service_span("c", id + 3)];
            let result = export(&exporter, batch);
            assert_eq!(error_message(result), "Operation failed: refused");
        }
        let expected = ["app", "a", "b", "c"].into_iter().map(str::to_owned);
        let expected = expected.zip([vec![0, 4], vec![1, 5], vec![2, 6], vec![3, 7]]);
        assert_eq!(backend.by_service(), expected.collect());
        assert_eq!(backend.records().len(), 4, "the exporter is kept");
    }
}

#[test]
fn first_error_is_returned() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.set_behaviour("app", Behaviour::FailsOnExport("first"));
    backend.set_behaviour("a", Behaviour::FailsOnExport("second"));
    let result = export(&exporter, vec![service_span("a", 0), service_span("b", 1), app_span(2)]);
    assert_eq!(error_message(result), "Operation failed: first");
}

#[test]
fn hanging_exporter_does_not_block_the_others() {
    for hanging in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.set_behaviour(hanging, Behaviour::Hangs);
        let batch = vec![app_span(0), service_span("a", 1), service_span("b", 2), service_span("c", 3)];
        // A processor gives up on an export by dropping it.
        assert!(exporter.export(batch).now_or_never().is_none());
        assert_eq!(backend.by_service().len(), 4);

        backend.recover(hanging);
        export(&exporter, vec![app_span(4), service_span("a", 5), service_span("c", 6)]).expect("exported");
        assert_eq!(backend.records().len(), 4, "the exporter is kept");
        exporter.shutdown().expect("shut down");
    }
}

#[tokio::test]
async fn exports_run_concurrently() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gate = Arc::new(Notify::new());
    for service in ["app", "a", "b"] {
        backend.set_behaviour(service, Behaviour::WaitsFor(Arc::clone(&gate)));
    }
    let exported = exporter.export(vec![app_span(0), service_span("a", 1), service_span("b", 2), service_span("c", 3)]);
    let open = async {
        assert_eq!(backend.by_service().len(), 4, "every exporter has its spans before one completes");
        gate.notify_waiters();
    };
    let (exported, ()) = tokio::join!(exported, open);
    exported.expect("exported");
}
