//! Spans of few services, of as many as may have an exporter by default, and of far more.

use std::sync::OnceLock;

use super::backend::{Backend, Record};
use super::spans::{app, app_span, export, id, resource, service_span};

/// The default of `max_services`.
const LIMIT: u64 = 100;

/// Three spans of each service, and as many of the application, which have the odd ids.
struct Case {
    services: u64,
    records: Vec<Record>,
}

/// Exported once, for all tests.
fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let services = [1, 2, 99, 100, 101, 10_000];
        // As one batch, and in batches of the size that the SDK exports.
        services.into_iter().flat_map(|services| [usize::MAX, 512].map(|size| Case::export(services, size))).collect()
    })
}

impl Case {
    fn export(services: u64, batch_size: usize) -> Self {
        let backend = Backend::default();
        let exporter = backend.exporter();
        let spans: Vec<_> = (0..3 * services)
            .flat_map(|n| [service_span(&format!("{}.example", n % services), 2 * n), app_span(2 * n + 1)])
            .collect();
        for batch in spans.chunks(batch_size.min(spans.len())) {
            export(&exporter, batch.to_vec()).expect("exported");
        }
        Self { services, records: backend.records() }
    }

    /// The number of services that have an exporter.
    fn served(&self) -> u64 {
        self.services.min(LIMIT)
    }
}

#[test]
fn number_of_exporters_is_limited() {
    for case in cases() {
        assert_eq!(case.records.len() as u64, case.served() + 1, "{} services", case.services);
    }
}

#[test]
fn exporters_stay_open_beyond_the_limit() {
    for case in cases() {
        assert!(case.records.iter().all(Record::is_open), "{} services", case.services);
    }
}

#[test]
fn every_span_is_exported_once() {
    for case in cases() {
        let mut ids: Vec<_> = case.records.iter().flat_map(|record| record.spans.iter().map(id)).collect();
        ids.sort_unstable();
        assert!(ids.into_iter().eq(0..6 * case.services), "{} services", case.services);
    }
}

#[test]
fn service_spans_are_exported_under_the_service() {
    for case in cases() {
        for record in &case.records[1..] {
            let service = record.service();
            assert_eq!(record.resource, resource(&[("service.name", &service), ("team", "orders")]));
            let n: u64 = service.strip_suffix(".example").expect("a service").parse().expect("its number");
            let spans = [n, n + case.services, n + 2 * case.services].map(|n| service_span(&service, 2 * n));
            assert_eq!(record.spans, spans, "{} services", case.services);
        }
    }
}

#[test]
fn remaining_spans_are_exported_under_the_application() {
    for case in cases() {
        let application = &case.records[0];
        assert_eq!(application.resource, app());
        let remaining = 3 * case.services + 3 * (case.services - case.served());
        assert_eq!(application.spans.len() as u64, remaining, "{} services", case.services);
    }
}
