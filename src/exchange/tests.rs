//! When an exchange begins, and who learns of it.

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::{begin, Failure, RequestLine};
use crate::clock::{Quality, StartTime};
use crate::core::Core;
use crate::observe::{Begun, Ended, ErrorType, NotBegun, Observation, Observer};
use crate::parent::{RequestHeaders, RequestParts};

/// Writes down what it learns; keeps something for the end of each exchange, or not.
#[derive(Debug, Default)]
struct Notes {
    lines: Arc<Mutex<Vec<String>>>,
    keeps: bool,
}

struct Kept(Arc<Mutex<Vec<String>>>);

impl Observer for Notes {
    fn begin(&self, begun: &Begun<'_>) -> Option<Box<dyn Observation>> {
        let stage = begun.request.stage().map(str::to_owned);
        let line = format!("begins: {:?}, stage {stage:?}, {:?}", begun.span, begun.transit.start);
        self.lines.lock().expect("not poisoned").push(line);
        self.keeps.then(|| Box::new(Kept(Arc::clone(&self.lines))) as _)
    }

    fn not_begun(&self, reason: &NotBegun) {
        self.lines.lock().expect("not poisoned").push(format!("doesn't begin: {reason:?}"));
    }
}

impl Observation for Kept {
    fn end(self: Box<Self>, ended: &Ended<'_>) {
        let line =
            format!("ends: {:?} {:?} {:?}", ended.outcome.status, ended.outcome.error, ended.headers.read().stage());
        self.0.lock().expect("not poisoned").push(line);
    }
}

const LINE: RequestLine = RequestLine { is_head: false, protocol: "HTTP/1.1" };

fn observed(keeps: bool) -> (Arc<Core>, Arc<Mutex<Vec<String>>>) {
    let notes = Notes { keeps, ..Notes::default() };
    let lines = Arc::clone(&notes.lines);
    let mut core = Core::default();
    core.observers.set("notes", Arc::new(notes));
    (Arc::new(core), lines)
}

/// What a request has: the pairs of its headers, and the types in its extensions.
struct Parts {
    headers: Vec<(&'static str, &'static str)>,
    extensions: HashSet<TypeId>,
}

impl RequestHeaders for Parts {
    const MAY_ADD: bool = true;

    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (*name, value.as_bytes()))
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        self.pairs().find(|pair| pair.0 == name).map(|pair| pair.1)
    }

    fn values(&self, _: &str) -> Vec<&str> {
        Vec::new()
    }

    fn set(&mut self, _: &str, _: Vec<u8>) {}

    fn remove(&mut self, _: &str) {}

    fn remove_all(&mut self, _: impl Fn(&str) -> bool) {}
}

impl RequestParts for Parts {
    fn has_extension<T: Send + Sync + 'static>(&self) -> bool {
        self.extensions.contains(&TypeId::of::<T>())
    }

    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, _: T) {
        self.extensions.insert(TypeId::of::<T>());
    }
}

fn request(time: &'static str) -> Parts {
    let headers =
        [("x-dd-proxy", "aws-apigateway"), ("x-dd-proxy-request-time-ms", time), ("x-dd-proxy-stage", "prod")];
    Parts { headers: headers.to_vec(), extensions: HashSet::new() }
}

#[test]
fn without_a_tracer_provider_an_observer_sees_the_exchange() {
    let (core, lines) = observed(true);
    let mut exchange = begin(&core, true, LINE, &mut request("1000000000000")).expect("an exchange");
    assert!(exchange.inferred_span.gateway_span().is_none());
    exchange.record_response(200, Some(2));
    exchange.fail(Failure::Body);
    drop(exchange);
    let lines = lines.lock().expect("not poisoned");
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_000_000_000_000);
    let start = StartTime { time, earliest: time, quality: Quality::Given };
    let expected = [
        format!("begins: NoTracerProvider, stage Some(\"prod\"), {start:?}"),
        format!("ends: Some(Application(200)) {:?} Some(\"prod\")", Some(ErrorType::Body)),
    ];
    assert_eq!(*lines, expected);
    assert_eq!(core.counters.read().no_tracer_provider(), 1);
}

#[test]
fn an_observer_that_keeps_nothing_costs_no_allocation() {
    let (core, lines) = observed(false);
    let exchange = begin(&core, true, LINE, &mut request("1000000000000")).expect("an exchange");
    assert_eq!(exchange.observations.capacity(), 0);
    drop(exchange);
    assert_eq!(lines.lock().expect("not poisoned").len(), 1);
}

#[test]
fn an_observer_learns_of_rejections() {
    let (core, lines) = observed(true);
    assert!(begin(&core, true, LINE, &mut request("soon")).is_none());
    let expected = "doesn't begin: Rejected(Invalid(InvalidRequestTime(\"soon\")))";
    assert_eq!(*lines.lock().expect("not poisoned"), [expected]);
}

#[test]
fn an_observer_that_panics_takes_nobody_along() {
    #[derive(Debug)]
    struct Panics;
    impl Observer for Panics {
        fn begin(&self, _: &Begun<'_>) -> Option<Box<dyn Observation>> {
            panic!("boom")
        }
    }
    let notes = Notes { keeps: true, ..Notes::default() };
    let lines = Arc::clone(&notes.lines);
    let mut core = Core::default();
    core.observers.set("panics", Arc::new(Panics));
    core.observers.set("notes", Arc::new(notes));
    drop(begin(&Arc::new(core), true, LINE, &mut request("1000000000000")));
    assert_eq!(lines.lock().expect("not poisoned").len(), 2);
}

#[test]
fn a_request_is_judged_once() {
    let (core, lines) = observed(false);
    for (time, word) in [("1000000000000", "begins"), ("soon", "doesn't begin")] {
        let mut request = request(time);
        drop(begin(&core, true, LINE, &mut request));
        assert!(begin(&core, true, LINE, &mut request).is_none());
        let lines = std::mem::take(&mut *lines.lock().expect("not poisoned"));
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with(word), "{lines:?}");
    }
}

#[test]
fn without_provider_and_observer_there_is_no_exchange() {
    let core = Arc::new(Core::default());
    assert!(begin(&core, true, LINE, &mut request("1000000000000")).is_none());
    assert_eq!(core.counters.read().no_tracer_provider(), 1);
}
