//! How many exporters are open, and which one is closed for another.

use std::collections::BTreeMap;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Duration;

use futures_util::FutureExt as _;
use opentelemetry_sdk::trace::SpanExporter as _;

use super::backend::{sorted, Backend, Behaviour};
use super::log::Log;
use super::spans::{export, of, own};

#[test]
fn the_least_recently_used_is_flushed_and_closed_for_a_new_one() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(2).min_idle(Duration::ZERO);
    for (id, service) in ["a", "b", "a"].into_iter().enumerate() {
        export(&exporter, vec![of(service, id as u64)]).expect("exported");
    }
    backend.log(&[]);
    export(&exporter, vec![of("c", 3)]).expect("exported");
    assert_eq!(backend.log(&[]), ["b flushes", "b shuts down", "b is dropped", "c opens", "c exports"]);
    export(&exporter, vec![of("b", 4)]).expect("exported");
    assert_eq!(backend.log(&[]), ["a flushes", "a shuts down", "a is dropped", "b opens", "b exports"]);
    let spans = [("a".into(), vec![0, 2]), ("b".into(), vec![1, 4]), ("c".into(), vec![3])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));
    assert_eq!(backend.state().most_open, 3);
    let timeout = backend.records()[2].shutdown.expect("shut down");
    assert!(timeout <= Duration::from_secs(5) && timeout > Duration::from_secs(1));
}

#[test]
fn what_is_in_use_isnt_closed() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(2).min_idle(Duration::ZERO);
    export(&exporter, vec![of("a", 0)]).expect("exported");
    export(&exporter, vec![of("b", 1)]).expect("exported");
    backend.log(&[]);
    // Both have spans in this batch; there is room for neither of the others.
    let batch = vec![of("c", 2), of("a", 3), of("d", 4), of("b", 5)];
    export(&exporter, batch).expect("exported");
    assert_eq!(sorted(backend.log(&[])), ["a exports", "app exports", "b exports"]);

    backend.behave("a", Behaviour::Hangs);
    let mut hanging = Box::pin(exporter.export(vec![of("a", 6)]));
    assert!(hanging.as_mut().now_or_never().is_none());
    export(&exporter, vec![of("c", 7)]).expect("exported");
    export(&exporter, vec![of("d", 8)]).expect("exported");
    assert!(!backend.log(&["a"]).contains(&"a shuts down".to_owned()));
    drop(hanging);
    export(&exporter, vec![of("e", 9)]).expect("exported");
    assert_eq!(backend.log(&["a"]), ["a flushes", "a shuts down", "a is dropped"]);
}

#[test]
fn a_closed_exporter_that_fails_or_panics_stops_nobody() {
    for behaviour in
        [Behaviour::FailsAtFlushAndShutdown("refused"), Behaviour::PanicsAtFlush, Behaviour::PanicsAtShutdown]
    {
        let backend = Backend::default();
        let exporter = backend.exporter().max_services(1).min_idle(Duration::ZERO);
        backend.behave("a", behaviour);
        export(&exporter, vec![of("a", 0)]).expect("exported");
        export(&exporter, vec![of("b", 1)]).expect("exported");
        let spans = [("a".into(), vec![0]), ("b".into(), vec![1])];
        assert_eq!(backend.by_service(), BTreeMap::from(spans));
    }
}

#[test]
fn ever_new_services_make_no_exporters_and_one_warning() {
    let log = Log::collect();
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(3);
    for id in 0..3 {
        export(&exporter, vec![of(&format!("{id}.example"), id)]).expect("exported");
    }
    assert_eq!(log.lines(), [""; 0]);
    backend.log(&[]);
    for id in 3..1_000 {
        export(&exporter, vec![of(&format!("{id}.example"), id)]).expect("exported");
    }
    let warning = "WARN apigateway_inferred_span::export::per_service: more services than exporters (max_services): \
                   the spans of some are exported under the application's own Resource";
    assert_eq!(log.lines(), [warning]);
    assert!(backend.log(&[]).iter().all(|event| event == "app exports"));
    export(&exporter, vec![of("0.example", 1_000)]).expect("exported");
    assert_eq!(backend.by_service()["0.example"], [0, 1_000], "the first stay");
}

#[test]
fn with_no_services_everything_is_the_applications() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(0).min_idle(Duration::ZERO);
    export(&exporter, vec![own(0), of("a", 1)]).expect("exported");
    assert_eq!(backend.by_service(), BTreeMap::from([("app".into(), vec![0, 1])]));
}

#[test]
fn it_can_be_looked_at() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![of("a", 0)]).expect("exported");
    let text = catch_unwind(AssertUnwindSafe(|| format!("{exporter:?}")));
    assert!(text.expect("no panic").contains("max_services: 100"));
}
