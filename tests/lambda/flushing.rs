//! When the application's function that flushes is called.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::time::{Duration, Instant};

use apigateway_inferred_span::ApiGatewayInferredSpan;
use support::log::Log;
use support::spans::{now_ms, Recorder};

use crate::api::{environment, Api, Call, Invocation};
use crate::events;
use crate::functions::{forms, Place};
use crate::kinds::layer;

/// What the runtime interface sees of the calls so far, at each of its own.
async fn seen(
    form: crate::functions::Form,
    recorder: &Recorder,
    layer: ApiGatewayInferredSpan,
    events: Vec<Invocation>,
) -> Vec<Call> {
    let flushed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&flushed);
    let layer = layer.flush(move || {
        std::thread::sleep(Duration::from_millis(30));
        count.fetch_add(1, SeqCst);
    });
    let api = Api::watched(events, 1, Box::new(move || flushed.load(SeqCst))).await;
    form.run_on(&api, &recorder.provider, &layer).await
}

#[tokio::test]
async fn it_is_called_once_an_invocation_before_the_next_event_is_asked_for() {
    let recorder = Recorder::new();
    for form in forms() {
        let events = [events::rest(now_ms()), events::load_balancer(), events::sqs(), events::http(now_ms())];
        let calls = seen(form, &recorder, layer(&recorder), events.iter().map(Invocation::of).collect()).await;
        let nexts: Vec<_> = calls.iter().filter(|call| matches!(call, Call::Next(_))).cloned().collect();
        let expected = match form.place {
            // `lambda_http` refuses the queue's event before it comes to the router.
            Place::Router => [0, 1, 2, 2, 3],
            _ => [0, 1, 2, 3, 4],
        };
        assert_eq!(nexts, expected.map(Call::Next), "{form:?}");
    }
}

#[tokio::test]
async fn it_is_called_even_if_the_layer_is_off() {
    let recorder = Recorder::new();
    for form in forms() {
        let off = layer(&recorder).enabled(false);
        let calls = seen(form, &recorder, off, vec![Invocation::of(&events::rest(now_ms()))]).await;
        assert_eq!(calls.last(), Some(&Call::Next(1)), "{form:?}");
    }
}

/// Said once a process, so that nothing else here may be late.
#[tokio::test]
async fn one_that_hangs_is_left_alone() {
    an_invocation_waits_for_two_seconds_at_most().await;
    nothing_waits_past_the_deadline().await;
}

async fn an_invocation_waits_for_two_seconds_at_most() {
    let recorder = Recorder::new();
    let log = Log::collect();
    let form = forms().find(|form| form.place == Place::Runtime && !form.has_function_span).expect("a form");
    let started = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&started);
    let layer = layer(&recorder).flush(move || {
        count.fetch_add(1, SeqCst);
        std::thread::sleep(Duration::from_secs(4));
    });
    let events = vec![Invocation::of(&events::http(now_ms())); 4];
    let start = Instant::now();
    form.run(&recorder.provider, &layer, events).await;
    let took = start.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&took), "{took:?}");
    assert_eq!(started.load(SeqCst), 1);
    let lines = log.lines();
    let said = lines.iter().filter(|line| line.contains("flushing took longer than 2.0s")).count();
    assert_eq!(said, 1, "{lines:?}");
}

#[tokio::test]
async fn one_that_panics_harms_nothing() {
    let recorder = Recorder::new();
    let form = forms().find(|form| form.place == Place::Both).expect("a form");
    let layer = layer(&recorder).flush(|| panic!("boom"));
    let calls = form.run(&recorder.provider, &layer, vec![Invocation::of(&events::http(now_ms())); 2]).await;
    assert_eq!(calls.iter().filter(|call| matches!(call, Call::Response(_))).count(), 2, "{calls:?}");
}

/// On a router alone the answer waits for it.
#[tokio::test]
async fn on_a_router_the_answer_comes_after_it() {
    let recorder = Recorder::new();
    let form = forms().find(|form| form.place == Place::Router).expect("a form");
    let ended = Arc::new(std::sync::Mutex::new(None));
    let at = Arc::clone(&ended);
    let layer = layer(&recorder).flush(move || {
        std::thread::sleep(Duration::from_millis(50));
        *at.lock().expect("not poisoned") = Some(Instant::now());
    });
    let start = Instant::now();
    let calls = form.run(&recorder.provider, &layer, vec![Invocation::of(&events::http(now_ms()))]).await;
    assert!(matches!(calls[1], Call::Response(_)), "{calls:?}");
    let ended = ended.lock().expect("not poisoned").expect("it was called");
    assert!(ended - start >= Duration::from_millis(50));
    drop(environment());
}

/// Lambda kills a function that doesn't answer and ask for the next event in time.
async fn nothing_waits_past_the_deadline() {
    for place in [Place::Router, Place::Runtime, Place::Both] {
        let form = forms().find(|form| form.place == place && !form.has_function_span).expect("a form");
        let recorder = Recorder::new();
        let layer = layer(&recorder).flush(|| std::thread::sleep(Duration::from_secs(5)));
        let left = Duration::from_millis(800);
        let event = Invocation { left, ..Invocation::of(&events::http(now_ms())) };
        let start = Instant::now();
        let calls = form.run(&recorder.provider, &layer, vec![event]).await;
        assert!(start.elapsed() < left, "{place:?}: {:?}", start.elapsed());
        assert!(matches!(calls[1], Call::Response(_)), "{place:?}: {calls:?}");
    }
}

/// On a router alone, whatever becomes of the request.
#[tokio::test]
async fn on_a_router_every_event_is_followed_by_it() {
    for (method, path) in [("GET", "/"), ("GET", "/fail"), ("GET", "/panic"), ("HEAD", "/"), ("GET", "/refused")] {
        let recorder = Recorder::new();
        let (sender, mut flushed) = tokio::sync::mpsc::unbounded_channel();
        let layer =
            layer(&recorder).accept_if(|request| request.gateway().path() != Some("/refused")).flush(move || {
                let _ = sender.send(());
            });
        let form = forms().find(|form| form.place == Place::Router).expect("a form");
        let mut event = events::http(now_ms());
        event["rawPath"] = path.into();
        event["requestContext"]["http"]["path"] = path.into();
        event["requestContext"]["http"]["method"] = method.into();
        form.run(&recorder.provider, &layer, vec![Invocation::of(&event)]).await;
        // Of one that panics or has no body, nobody waits for it.
        let called = tokio::time::timeout(Duration::from_secs(10), flushed.recv()).await;
        assert_eq!(called, Ok(Some(())), "{method} {path}");
        assert!(flushed.try_recv().is_err(), "{method} {path}");
    }
}
