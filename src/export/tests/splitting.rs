//! Which exporter gets which spans.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;

use super::backend::{Backend, Record};
use super::spans::{app, export, id, of, own, resource, span};

#[test]
fn any_number_of_services_is_exported_by_a_bounded_number_of_exporters() {
    for services in [1, 2, 99, 100, 101, 10_000_u64] {
        // As one batch, and in batches of the SDK's size.
        for batch_size in [usize::MAX, 512] {
            let backend = Backend::default();
            let exporter = backend.exporter();
            let spans: Vec<_> = (0..3 * services)
                .flat_map(|n| {
                    let name = format!("{}.example", n % services);
                    [of(&name, 2 * n), own(2 * n + 1)]
                })
                .collect();
            for batch in spans.chunks(batch_size.min(spans.len())) {
                export(&exporter, batch.to_vec()).expect("exported");
            }

            let records = backend.records();
            let served = services.min(100);
            assert_eq!(records.len() as u64, served + 1, "made");
            assert!(records.iter().all(Record::is_open), "none is closed");
            let mut ids: Vec<_> = records.iter().flat_map(|r| r.spans.iter().map(id)).collect();
            ids.sort_unstable();
            let all: Vec<_> = (0..6 * services).collect();
            assert_eq!(ids, all, "each once");

            for record in &records[1..] {
                let service = record.service();
                let own = resource(&[("service.name", &service), ("team", "orders")]);
                assert_eq!(record.resource, own);
                let n: u64 = service.strip_suffix(".example").expect("it").parse().expect("it");
                let mine = [n, n + services, n + 2 * services].map(|n| of(&service, 2 * n));
                assert_eq!(record.spans, mine, "all of its spans, as they were");
            }
            assert_eq!(records[0].resource, app());
            let own_spans = 3 * services + 3 * (services - served);
            assert_eq!(records[0].spans.len() as u64, own_spans);
        }
    }
}

#[test]
fn exporters_are_used_again() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    for id in 0..3 {
        export(&exporter, vec![of("a", id)]).expect("exported");
    }
    assert_eq!(backend.records().len(), 2);
    assert_eq!(backend.by_service(), BTreeMap::from([("a".into(), vec![0, 1, 2])]));
}

#[test]
fn spans_without_a_service_of_their_own_are_the_applications() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gateway = KeyValue::new("_dd.inferred_span", 1);
    let batch = vec![
        own(0),
        of("app", 1),
        of("", 2),
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
fn the_service_set_last_counts() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let names = ["first", "last"].map(|name| KeyValue::new("service.name", name));
    export(&exporter, vec![span(0, names.to_vec())]).expect("exported");
    assert_eq!(backend.by_service(), BTreeMap::from([("last".into(), vec![0])]));
}

#[test]
fn an_empty_batch_reaches_nobody() {
    let backend = Backend::default();
    export(&backend.exporter(), Vec::new()).expect("exported");
    assert!(backend.by_service().is_empty());
}
