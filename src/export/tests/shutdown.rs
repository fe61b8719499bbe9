//! Flush and shutdown.

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::SpanExporter as _;

use super::backend::{sorted, Backend, Behaviour, Exporter};
use super::spans::{app_span, error_message, export, four_spans, service_span, HOUR};
use crate::export::PerServiceExporter;

/// The backend and an exporter that has exported spans of the application and of three services.
fn after_export() -> (Backend, PerServiceExporter<Exporter>) {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, four_spans(0)).expect("exported");
    backend.log(&[]);
    (backend, exporter)
}

const ALL_FLUSH: [&str; 4] = ["a flushes", "app flushes", "b flushes", "c flushes"];

#[test]
fn flush_reaches_all_exporters() {
    let (backend, exporter) = after_export();
    exporter.force_flush().expect("flushed");
    assert_eq!(sorted(backend.log(&[])), ALL_FLUSH);
}

#[test]
fn flush_returns_the_first_error_and_reaches_all() {
    let (backend, exporter) = after_export();
    backend.set_behaviour("a", Behaviour::PanicsOnFlush);
    backend.set_behaviour("app", Behaviour::FailsOnFlushAndShutdown("refused"));
    assert_eq!(error_message(exporter.force_flush()), "Operation failed: refused");
    assert_eq!(sorted(backend.log(&[])), ALL_FLUSH);
}

#[test]
fn shutdown_returns_the_first_error_and_reaches_all() {
    let (backend, exporter) = after_export();
    backend.set_behaviour("app", Behaviour::FailsOnFlushAndShutdown("refused"));
    backend.set_behaviour("a", Behaviour::PanicsOnShutdown);
    assert_eq!(error_message(exporter.shutdown()), "Operation failed: refused");
    assert!(backend.records().iter().all(|record| record.shutdown.is_some() && record.is_dropped));
}

#[test]
fn every_call_after_shutdown_is_an_error() {
    let (backend, exporter) = after_export();
    backend.set_behaviour("app", Behaviour::FailsOnFlushAndShutdown("refused"));
    backend.set_behaviour("a", Behaviour::PanicsOnShutdown);
    error_message(exporter.shutdown());
    let batch = vec![app_span(4), service_span("d", 5)];
    for result in [export(&exporter, batch), exporter.force_flush(), exporter.shutdown()] {
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
