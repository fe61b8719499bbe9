//! Which exporter gets which spans.

use opentelemetry::KeyValue;

use super::backend::Backend;
use super::spans::{app, app_span, export, ids, service_span, span};

#[test]
fn exporter_is_reused_for_later_batches() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    for id in 0..3 {
        export(&exporter, vec![service_span("a", id)]).expect("exported");
    }
    assert_eq!(backend.records().len(), 2);
    assert_eq!(backend.by_service(), ids([("a", &[0, 1, 2])]));
}

#[test]
fn spans_without_other_service_go_to_application() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gateway = KeyValue::new("_dd.inferred_span", 1);
    let batch = vec![
        app_span(0),
        service_span("app", 1),
        service_span("", 2),
        span(3, vec![KeyValue::new("service.name", 42)]),
        span(4, vec![gateway.clone()]),
        span(5, vec![KeyValue::new("service.name", "app"), gateway]),
    ];
    export(&exporter, batch.clone()).expect("exported");
    let records = backend.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].resource, app());
    assert_eq!(records[0].spans, batch);
}

#[test]
fn last_service_name_of_a_span_wins() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let names = ["first", "last"].map(|name| KeyValue::new("service.name", name));
    export(&exporter, vec![span(0, names.to_vec())]).expect("exported");
    assert_eq!(backend.by_service(), ids([("last", &[0])]));
}

#[test]
fn empty_batch_reaches_no_exporter() {
    let backend = Backend::default();
    export(&backend.exporter(), Vec::new()).expect("exported");
    assert!(backend.by_service().is_empty());
}
