//! Exporters that fail, hang or take time.

use std::sync::Arc;

use futures_util::FutureExt as _;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::Notify;

use super::backend::{Backend, Behaviour};
use super::spans::{app_span, error_message, export, four_spans, ids, service_span};

#[test]
fn failing_exporter_does_not_stop_the_others() {
    for failing in [&["app"][..], &["b"], &["a", "b", "c", "app"]] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        for service in failing {
            backend.set_behaviour(service, Behaviour::FailsOnExport("refused"));
        }
        for first_id in [0, 4] {
            let result = export(&exporter, four_spans(first_id));
            assert_eq!(error_message(result), "Operation failed: refused", "{failing:?}");
        }
        let expected = ids([("app", &[0, 4]), ("a", &[1, 5]), ("b", &[2, 6]), ("c", &[3, 7])]);
        assert_eq!(backend.by_service(), expected, "{failing:?}");
        assert_eq!(backend.records().len(), 4, "{failing:?} isn't replaced");
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
        assert!(exporter.export(four_spans(0)).now_or_never().is_none());
        assert_eq!(backend.by_service().len(), 4, "{hanging}");
    }
}

#[test]
fn hanging_exporter_is_used_again() {
    for hanging in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.set_behaviour(hanging, Behaviour::Hangs);
        // A processor gives up on an export by dropping it.
        drop(exporter.export(four_spans(0)).now_or_never());

        backend.recover(hanging);
        export(&exporter, vec![app_span(4), service_span("a", 5), service_span("c", 6)]).expect("exported");
        assert_eq!(backend.records().len(), 4, "{hanging}");
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
    let exported = exporter.export(four_spans(0));
    let open = async {
        assert_eq!(backend.by_service().len(), 4, "every exporter has its spans before one completes");
        gate.notify_waiters();
    };
    let (exported, ()) = tokio::join!(exported, open);
    exported.expect("exported");
}
