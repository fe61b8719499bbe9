//! How many exporters are open, and which one is closed to make room for another.

use std::collections::BTreeMap;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Duration;

use futures_util::FutureExt as _;
use opentelemetry_sdk::trace::SpanExporter as _;

use super::backend::{sorted, Backend, Behaviour};
use super::log::Log;
use super::spans::{app_span, export, service_span};

#[test]
fn least_recently_used_is_closed_for_a_new_service() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(2).min_idle(Duration::ZERO);
    for (id, service) in ["a", "b", "a"].into_iter().enumerate() {
        export(&exporter, vec![service_span(service, id as u64)]).expect("exported");
    }
    backend.log(&[]);
    export(&exporter, vec![service_span("c", 3)]).expect("exported");
    assert_eq!(backend.log(&[]), ["b flushes", "b shuts down", "b is dropped", "c opens", "c exports"]);
    export(&exporter, vec![service_span("b", 4)]).expect("exported");
    assert_eq!(backend.log(&[]), ["a flushes", "a shuts down", "a is dropped", "b opens", "b exports"]);
    let spans = [("a".into(), vec![0, 2]), ("b".into(), vec![1, 4]), ("c".into(), vec![3])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));
    assert_eq!(backend.state().most_open, 3);
    let timeout = backend.records()[2].shutdown.expect("shut down");
    assert!(timeout <= Duration::from_secs(5) && timeout > Duration::from_secs(1));
}

#[test]
fn exporter_in_use_is_not_closed() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(2).min_idle(Duration::ZERO);
    export(&exporter, vec![service_span("a", 0)]).expect("exported");
    export(&exporter, vec![service_span("b", 1)]).expect("exported");
    backend.log(&[]);
    // Services a and b both have spans in this batch, so neither is closed for c or d.
    let batch = vec![service_span("c", 2), service_span("a", 3), service_span("d", 4), service_span("b", 5)];
    export(&exporter, batch).expect("exported");
    assert_eq!(sorted(backend.log(&[])), ["a exports", "app exports", "b exports"]);

    backend.set_behaviour("a", Behaviour::Hangs);
    let mut hanging = Box::pin(exporter.export(vec![service_span("a", 6)]));
    assert!(hanging.as_mut().now_or_never().is_none());
    export(&exporter, vec![service_span("c", 7)]).expect("exported");
    export(&exporter, vec![service_span("d", 8)]).expect("exported");
    assert!(!backend.log(&["a"]).contains(&"a shuts down".to_owned()));
    drop(hanging);
    export(&exporter, vec![service_span("e", 9)]).expect("exported");
    assert_eq!(backend.log(&["a"]), ["a flushes", "a shuts down", "a is dropped"]);
}

#[test]
fn failure_to_close_does_not_stop_the_others() {
    for behaviour in
        [Behaviour::FailsOnFlushAndShutdown("refused"), Behaviour::PanicsOnFlush, Behaviour::PanicsOnShutdown]
    {
        let backend = Backend::default();
        let exporter = backend.exporter().max_services(1).min_idle(Duration::ZERO);
        backend.set_behaviour("a", behaviour);
        export(&exporter, vec![service_span("a", 0)]).expect("exported");
        export(&exporter, vec![service_span("b", 1)]).expect("exported");
        let spans = [("a".into(), vec![0]), ("b".into(), vec![1])];
        assert_eq!(backend.by_service(), BTreeMap::from(spans));
    }
}

#[test]
fn limit_is_kept_and_warned_about_once() {
    let log = Log::collect();
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(3);
    for id in 0..3 {
        export(&exporter, vec![service_span(&format!("{id}.example"), id)]).expect("exported");
    }
    assert_eq!(log.lines(), [""; 0]);
    backend.log(&[]);
    for id in 3..1_000 {
        export(&exporter, vec![service_span(&format!("{id}.example"), id)]).expect("exported");
    }
    let warning = "WARN apigateway_inferred_span::export::per_service: more services than exporters (max_services): \
                   the spans of some are exported under the application's own Resource";
    assert_eq!(log.lines(), [warning]);
    assert!(backend.log(&[]).iter().all(|event| event == "app exports"));
    export(&exporter, vec![service_span("0.example", 1_000)]).expect("exported");
    assert_eq!(backend.by_service()["0.example"], [0, 1_000], "services with an exporter keep it");
}

#[test]
fn limit_of_zero_sends_all_to_the_application() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(0).min_idle(Duration::ZERO);
    export(&exporter, vec![app_span(0), service_span("a", 1)]).expect("exported");
    assert_eq!(backend.by_service(), BTreeMap::from([("app".into(), vec![0, 1])]));
}

#[test]
fn debug_output_shows_the_limit() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![service_span("a", 0)]).expect("exported");
    let text = catch_unwind(AssertUnwindSafe(|| format!("{exporter:?}")));
    assert!(text.expect("no panic").contains("max_services: 100"));
}
