//! How many exporters are open, and which one is closed to make room for another.

use std::ops::Range;
use std::time::Duration;

use futures_util::FutureExt as _;
use opentelemetry_sdk::trace::SpanExporter as _;

use super::backend::{sorted, Backend, Behaviour, Exporter};
use super::spans::{app_span, export, ids, service_span};
use crate::export::PerServiceExporter;

/// An exporter for two services at a time, which has exported spans of `a`, `b` and `a` again.
fn for_two_services() -> (Backend, PerServiceExporter<Exporter>) {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(2).min_idle_time(Duration::ZERO);
    for (id, service) in (0..).zip(["a", "b", "a"]) {
        export(&exporter, vec![service_span(service, id)]).expect("exported");
    }
    backend.log(&[]);
    (backend, exporter)
}

#[test]
fn least_recently_used_is_closed_for_a_new_service() {
    let (backend, exporter) = for_two_services();
    export(&exporter, vec![service_span("c", 3)]).expect("exported");
    assert_eq!(backend.log(&[]), ["b flushes", "b shuts down", "b is dropped", "c opens", "c exports"]);
    export(&exporter, vec![service_span("b", 4)]).expect("exported");
    assert_eq!(backend.log(&[]), ["a flushes", "a shuts down", "a is dropped", "b opens", "b exports"]);
    assert_eq!(backend.by_service(), ids([("a", &[0, 2]), ("b", &[1, 4]), ("c", &[3])]));
}

#[test]
fn exporter_is_closed_before_the_next_is_made() {
    let (backend, exporter) = for_two_services();
    export(&exporter, vec![service_span("c", 3)]).expect("exported");
    export(&exporter, vec![service_span("b", 4)]).expect("exported");
    assert_eq!(backend.state().most_open, 3);
}

#[test]
fn closed_exporter_gets_a_few_seconds() {
    let (backend, exporter) = for_two_services();
    export(&exporter, vec![service_span("c", 3)]).expect("exported");
    let timeout = backend.records()[2].shutdown.expect("shut down");
    assert!(timeout <= Duration::from_secs(5) && timeout > Duration::from_secs(1));
}

#[test]
fn exporters_that_a_batch_needs_are_not_closed() {
    let (backend, exporter) = for_two_services();
    // Services a and b both have spans in this batch, so neither is closed for c or d.
    let batch = ["c", "a", "d", "b"].into_iter().zip(3..).map(|(service, id)| service_span(service, id));
    export(&exporter, batch.collect()).expect("exported");
    assert_eq!(sorted(backend.log(&[])), ["a exports", "app exports", "b exports"]);
}

#[test]
fn exporter_in_use_is_not_closed() {
    let (backend, exporter) = for_two_services();
    backend.set_behaviour("a", Behaviour::Hangs);
    let mut hanging = Box::pin(exporter.export(vec![service_span("a", 3)]));
    assert!(hanging.as_mut().now_or_never().is_none());
    export(&exporter, vec![service_span("c", 4)]).expect("exported");
    export(&exporter, vec![service_span("d", 5)]).expect("exported");
    assert_eq!(backend.log(&["a"]), ["a exports"]);

    drop(hanging);
    export(&exporter, vec![service_span("e", 6)]).expect("exported");
    assert_eq!(backend.log(&["a"]), ["a flushes", "a shuts down", "a is dropped"]);
}

#[test]
fn failure_to_close_does_not_stop_the_others() {
    for behaviour in
        [Behaviour::FailsOnFlushAndShutdown("refused"), Behaviour::PanicsOnFlush, Behaviour::PanicsOnShutdown]
    {
        let backend = Backend::default();
        let exporter = backend.exporter().max_services(1).min_idle_time(Duration::ZERO);
        backend.set_behaviour("a", behaviour);
        export(&exporter, vec![service_span("a", 0)]).expect("exported");
        export(&exporter, vec![service_span("b", 1)]).expect("exported");
        assert_eq!(backend.by_service(), ids([("a", &[0]), ("b", &[1])]));
    }
}

/// Exports a span of each of the services with these numbers.
fn export_services(exporter: &PerServiceExporter<Exporter>, numbers: Range<u64>) {
    for n in numbers {
        export(exporter, vec![service_span(&format!("{n}.example"), n)]).expect("exported");
    }
}

#[test]
fn application_exports_services_beyond_the_limit() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(3);
    export_services(&exporter, 0..3);
    backend.log(&[]);
    export_services(&exporter, 3..1_000);
    assert!(backend.log(&[]).iter().all(|event| event == "app exports"));
}

#[test]
fn services_below_the_limit_keep_their_exporter() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(3);
    export_services(&exporter, 0..1_000);
    export(&exporter, vec![service_span("0.example", 1_000)]).expect("exported");
    assert_eq!(backend.by_service()["0.example"], [0, 1_000]);
}

#[test]
fn limit_of_zero_sends_all_to_the_application() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(0).min_idle_time(Duration::ZERO);
    export(&exporter, vec![app_span(0), service_span("a", 1)]).expect("exported");
    assert_eq!(backend.by_service(), ids([("app", &[0, 1])]));
}

#[test]
fn debug_output_shows_the_limit() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![service_span("a", 0)]).expect("exported");
    assert!(format!("{exporter:?}").contains("max_services: 100"));
}
