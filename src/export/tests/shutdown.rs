//! Flush and shutdown.

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::SpanExporter as _;

use super::backend::{sorted, Backend, Behaviour};
use super::spans::{export, message, of, own, HOUR};

#[test]
fn a_flush_reaches_all() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![own(0), of("a", 1), of("b", 2), of("c", 3)]).expect("exported");
    backend.log(&[]);
    exporter.force_flush().expect("flushed");
    let all = ["a flushes", "app flushes", "b flushes", "c flushes"];
    assert_eq!(sorted(backend.log(&[])), all);

    backend.behave("a", Behaviour::PanicsAtFlush);
    backend.behave("app", Behaviour::FailsAtFlushAndShutdown("refused"));
    let error = message(exporter.force_flush());
    assert_eq!(error, "Operation failed: refused", "the first one's");
    assert_eq!(sorted(backend.log(&[])), all);
}

#[test]
fn a_shutdown_reaches_all_and_is_the_end() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![own(0), of("a", 1), of("b", 2), of("c", 3)]).expect("exported");
    backend.behave("app", Behaviour::FailsAtFlushAndShutdown("refused"));
    backend.behave("a", Behaviour::PanicsAtShutdown);
    let error = message(exporter.shutdown());
    assert_eq!(error, "Operation failed: refused", "the first one's");
    let records = backend.records();
    assert!(records.iter().all(|record| record.shutdown.is_some() && record.is_dropped));

    for result in [export(&exporter, vec![own(4), of("d", 5)]), exporter.force_flush(), exporter.shutdown()] {
        assert!(matches!(result, Err(OTelSdkError::AlreadyShutdown)), "{result:?}");
    }
    assert_eq!(backend.records().len(), 4, "and no new ones are made");
}

#[test]
fn the_shutdowns_timeout_is_for_all_together() {
    const TOTAL: Duration = Duration::from_millis(100);
    const WORK: Duration = Duration::from_millis(40);
    let backend = Backend::default();
    let exporter = backend.exporter();
    for (id, service) in ["app", "a", "b", "c", "d"].into_iter().enumerate() {
        backend.behave(service, Behaviour::TakesToShutDown(WORK));
        export(&exporter, vec![of(service, id as u64)]).expect("exported");
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
fn a_timeout_beyond_all_time_is_no_trouble() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    exporter.shutdown_with_timeout(Duration::MAX).expect("shut down");
    assert!(backend.records()[0].shutdown.expect("shut down") > HOUR);
}
