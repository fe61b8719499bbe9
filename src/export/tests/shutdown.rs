//! Flush and shutdown.

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::SpanExporter as _;

use super::backend::{sorted, Backend, Behaviour};
use super::spans::{app_span, error_message, export, service_span, HOUR};

#[test]
fn flush_reaches_all_exporters() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![app_span(0), service_span("a", 1), service_span("b", 2), service_span("c", 3)])
        .expect("exported");
    backend.log(&[]);
    exporter.force_flush().expect("flushed");
    let all = ["a flushes", "app flushes", "b flushes", "c flushes"];
    assert_eq!(sorted(backend.log(&[])), all);

    backend.set_behaviour("a", Behaviour::PanicsOnFlush);
    backend.set_behaviour("app", Behaviour::FailsOnFlushAndShutdown("refused"));
    let error = error_message(exporter.force_flush());
    assert_eq!(error, "Operation failed: refused", "the first error");
    assert_eq!(sorted(backend.log(&[])), all);
}

#[test]
fn shutdown_reaches_all_exporters() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![app_span(0), service_span("a", 1), service_span("b", 2), service_span("c", 3)])
        .expect("exported");
    backend.set_behaviour("app", Behaviour::FailsOnFlushAndShutdown("refused"));
    backend.set_behaviour("a", Behaviour::PanicsOnShutdown);
    let error = error_message(exporter.shutdown());
    assert_eq!(error, "Operation failed: refused", "the first error");
    let records = backend.records();
    assert!(records.iter().all(|record| record.shutdown.is_some() && record.is_dropped));

    for result in
        [export(&exporter, vec![app_span(4), service_span("d", 5)]), exporter.force_flush(), exporter.shutdown()]
    {
        assert!(matches!(result, Err(OTelSdkError::AlreadyShutdown)), "{result:?}");
    }
    assert_eq!(backend.records().len(), 4, "no new exporters are made");
}

#[test]
fn shutdown_timeout_is_shared_by_all_exporters() {
    const TOTAL: Duration = Duration::from_millis(100);
    const WORK: Duration = Duration::from_millis(40);
    let backend = Backend::default();
    let exporter = backend.exporter();
    for (id, service) in ["app", "a", "b", "c", "d"].into_iter().enumerate() {
        backend.set_behaviour(service, Behaviour::TakesToShutDown(WORK));
        export(&exporter, vec![service_span(service, id as u64)]).expect("exported");
    }
    exporter.shutdown_with_timeout(TOTAL).expect("shut down");
    let given = backend.records().into_iter();
    let mut given: Vec<_> = given.map(|record| record.shutdown.expect("shut down")).collect();
    given.sort_unstable_by(|a, b| b.cmp(a));
    for (nth, given) in (0..).zip(given) {
        assert!(given <= TOTAL.saturating_sub(nth * WORK), "{nth}: {given:?}");
    }
}

#[test]
fn longest_possible_timeout_does_not_overflow() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    exporter.shutdown_with_timeout(Duration::MAX).expect("shut down");
    assert!(backend.records()[0].shutdown.expect("shut down") > HOUR);
}
