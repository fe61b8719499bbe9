//! Which exporter gets which spans.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;

use super::backend::{Backend, Record};
use super::spans::{app, app_span, export, id, resource, service_span, span};

#[test]
fn number_of_exporters_is_limited() {
    for services in [1, 2, 99, 100, 101, 10_000_u64] {
        // As one batch, and in batches of the size that the SDK exports.
        for batch_size in [usize::MAX, 512] {
            let backend = Backend::default();
            let exporter = backend.exporter();
            let spans: Vec<_> = (0..3 * services)
                .flat_map(|n| {
                    let name = format!("{}.example", n % services);
                    [service_span(&name, 2 * n), app_span(2 * n + 1)]
                })
                .collect();
            for batch in spans.chunks(batch_size.min(spans.len())) {
                export(&exporter, batch.to_vec()).expect("exported");
            }

            let records = backend.records();
            let served = services.min(100);
            assert_eq!(records.len() as u64, served + 1, "number of exporters");
            assert!(records.iter().all(Record::is_open), "all are open");
            let mut ids: Vec<_> = records.iter().flat_map(|r| r.spans.iter().map(id)).collect();
            ids.sort_unstable();
            let all: Vec<_> = (0..6 * services).collect();
            assert_eq!(ids, all, "each span once");

            for record in &records[1..] {
                let service = record.service();
                let own = resource(&[("service.name", &service), ("team", "orders")]);
                assert_eq!(record.resource, own);
                let n: u64 = service.strip_suffix(".example").expect("it").parse().expect("it");
                let mine = [n, n + services, n + 2 * services].map(|n| service_span(&service, 2 * n));
                assert_eq!(record.spans, mine, "all of its spans, unchanged");
            }
            assert_eq!(records[0].resource, app());
            let own_spans = 3 * services + 3 * (services - served);
            assert_eq!(records[0].spans.len() as u64, own_spans);
        }
    }
}

#[test]
fn exporter_is_reused_for_later_batches() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    for id in 0..3 {
        export(&exporter, vec![service_span("a", id)]).expect("exported");
    }
    assert_eq!(backend.records().len(), 2);
    assert_eq!(backend.by_service(), BTreeMap::from([("a".into(), vec![0, 1, 2])]));
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
    assert_eq!(backend.by_service(), BTreeMap::from([("last".into(), vec![0])]));
}

#[test]
fn empty_batch_reaches_no_exporter() {
    let backend = Backend::default();
    export(&backend.exporter(), Vec::new()).expect("exported");
    assert!(backend.by_service().is_empty());
}
