//! When the gateway's span ends: streams, and functions that are about to be killed.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Duration;

use lambda_http::{service_fn, StreamAdapter};
use lambda_runtime::Runtime;
use serde_json::{json, Value};
use support::spans::{now_ms, Recorder};
use tower::Layer as _;

use crate::api::{Api, Call, Invocation};
use crate::events;
use crate::functions::{forms, stream, subscriber, Place};
use crate::kinds::layer;

#[tokio::test]
async fn a_stream_is_measured_whole() {
    for place in [Place::Router, Place::Runtime, Place::Both] {
        let mut recorder = Recorder::new();
        let layer = layer(&recorder);
        let _subscriber = subscriber(&recorder.provider);
        let api = Api::start(vec![Invocation::of(&events::http(now_ms() - 20))]).await;
        let calls = match place {
            Place::Router => {
                let app = layer.layer(service_fn(stream));
                api.run(|| lambda_http::run_with_streaming_response(app)).await
            }
            Place::Runtime => {
                let adapter = StreamAdapter::from(service_fn(stream));
                api.run(|| async { Runtime::new(adapter).layer(layer).run().await }).await
            }
            Place::Both => {
                let adapter = StreamAdapter::from(layer.layer(service_fn(stream)));
                api.run(|| async { Runtime::new(adapter).layer(layer).run().await }).await
            }
        };
        let Call::Response(answer) = &calls[1] else { panic!("{calls:?}") };
        assert!(answer.ends_with("0,1,2,3,4,"), "{answer}");
        let spans = recorder.ended();
        let [gateway] = &spans[..] else { panic!("{place:?}: {spans:#?}") };
        assert!(gateway.is_as_long_as(Duration::from_millis(70)), "{place:?}: {gateway:?}");
        let status = if place == Place::Runtime { Value::Null } else { json!(200) };
        assert_eq!(gateway.attribute("http.response.status_code"), &status, "{place:?}");
        assert_eq!(gateway.attribute("error.type"), &Value::Null, "{place:?}");
    }
}

#[tokio::test]
async fn before_the_function_is_killed_its_span_ends_and_is_flushed() {
    for form in forms().filter(|form| form.place != Place::Router) {
        let mut recorder = Recorder::new();
        let flushed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&flushed);
        let layer = layer(&recorder).flush(move || {
            count.fetch_add(1, SeqCst);
        });
        let _subscriber = subscriber(&recorder.provider);
        let mut event = events::rest(now_ms() - 20);
        event["path"] = "/slow".into();
        // The handler takes a second; a tenth of the time that is left is the last moment.
        let slow = Invocation { left: Duration::from_millis(600), ..Invocation::of(&event) };
        let eye = Arc::clone(&flushed);
        let api = Api::watched(vec![slow], 1, Box::new(move || eye.load(SeqCst))).await;
        let calls = form.run_on(&api, &recorder.provider, &layer).await;
        // It goes on all the same, and is flushed again.
        assert!(matches!(calls[1], Call::Response(_)), "{calls:?}");
        // The second time, nobody waits: on Lambda, the function has been killed.
        assert_eq!(calls[0], Call::Next(0));
        assert!(matches!(calls[2], Call::Next(1 | 2)), "{calls:?}");
        let spans = recorder.ended();
        let gateways: Vec<_> = spans.iter().filter(|span| span.is_gateway()).collect();
        let [gateway] = gateways[..] else { panic!("{form:?}: {spans:#?}") };
        assert_eq!(gateway.attribute("error.type"), "timeout");
        // What the gateway answers depends on its kind: nothing is made up.
        assert_eq!(gateway.attribute("http.response.status_code"), &Value::Null);
        let length = gateway.duration().as_millis();
        assert!((450..=800).contains(&length), "{form:?}: {length}");
        let handler = spans.iter().find(|span| span.name == "handler").expect("a handler's span");
        assert_eq!(handler.trace_id, gateway.trace_id);
    }
}

#[tokio::test]
async fn of_a_stream_that_is_cut_off_the_head_and_the_length_are_known() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder).otel_semantics(true);
    let slow = service_fn(|_: lambda_http::Request| async {
        let frames = futures_util::stream::unfold(0, |number| async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            (number < 20).then(|| (Ok::<_, std::convert::Infallible>("frame"), number + 1))
        });
        let response = http::Response::builder().status(206).body(axum::body::Body::from_stream(frames));
        Ok::<_, std::convert::Infallible>(response.expect("a response"))
    });
    let invocation = Invocation { left: Duration::from_millis(500), ..Invocation::of(&events::http(now_ms() - 20)) };
    let api = Api::start(vec![invocation]).await;
    let adapter = StreamAdapter::from(layer.layer(slow));
    api.run(|| async { Runtime::new(adapter).layer(layer).run().await }).await;
    let spans = recorder.ended();
    let [gateway] = &spans[..] else { panic!("{spans:#?}") };
    let found = (gateway.attribute("http.response.status_code"), gateway.attribute("error.type"));
    assert_eq!(found, (&json!(206), &json!("timeout")));
}

#[tokio::test]
async fn a_timeout_that_was_set_is_seen_in_every_form() {
    for form in forms().filter(|form| !form.has_function_span) {
        let mut recorder = Recorder::new();
        let layer = layer(&recorder).integration_timeout(Duration::from_millis(500));
        let mut event = events::rest(now_ms() - 20);
        event["path"] = "/slow".into();
        form.run(&recorder.provider, &layer, vec![Invocation::of(&event)]).await;
        let spans = recorder.ended();
        let gateway = spans.iter().find(|span| span.is_gateway()).expect("a gateway's span");
        let found = (gateway.attribute("http.response.status_code"), gateway.attribute("error.type"));
        assert_eq!(found, (&json!(504), &json!("timeout")), "{form:?}");
    }
}
