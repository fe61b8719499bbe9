//! The layer round handlers of events, which have types of their own.

use std::sync::Arc;

use lambda_runtime::{service_fn, Error, LambdaEvent, Runtime};
use opentelemetry::trace::Status;
use serde_json::{json, Value};
use support::spans::{now_ms, Recorder, Span};
use tower::Layer as _;

use crate::api::{Api, Call, Invocation};
use crate::events;
use crate::functions::subscriber;
use crate::kinds::layer;

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    match event.payload["rawPath"].as_str() {
        Some("/fail") => Err("no".into()),
        Some("/panic") => panic!("boom"),
        _ => Ok(json!({"statusCode": 201})),
    }
}

/// The gateway's spans of these events, with the layer on the runtime, and round the handler or not.
async fn gateways(is_round_the_handler: bool, events: Vec<Invocation>) -> (Vec<Span>, Vec<Call>) {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    let _subscriber = subscriber(&recorder.provider);
    let api = Api::start(events).await;
    let calls = match is_round_the_handler {
        false => api.run(|| async { Runtime::new(service_fn(handle)).layer(layer).run().await }).await,
        true => {
            let handler = layer.layer(service_fn(handle));
            api.run(|| async { Runtime::new(handler).layer(layer).run().await }).await
        }
    };
    let mut spans = recorder.ended();
    spans.retain(Span::is_gateway);
    (spans, calls)
}

#[tokio::test]
async fn round_a_handler_its_errors_and_panics_are_seen() {
    for (path, error) in [("/", Value::Null), ("/fail", json!("service")), ("/panic", json!("panic"))] {
        for is_round_the_handler in [false, true] {
            let mut event = events::http(now_ms() - 20);
            event["rawPath"] = path.into();
            let (spans, calls) = gateways(is_round_the_handler, vec![Invocation::of(&event)]).await;
            let [gateway] = &spans[..] else { panic!("{path}: {spans:#?}") };
            let expected = if is_round_the_handler { error.clone() } else { Value::Null };
            assert_eq!(gateway.attribute("error.type"), &expected, "{path}");
            assert_eq!(gateway.status == Status::Unset, expected.is_null(), "{path}");
            assert_eq!(matches!(calls[1], Call::Error(_)), path != "/", "{calls:?}");
        }
    }
}

#[tokio::test]
async fn events_of_no_gateway_pass() {
    for is_round_the_handler in [false, true] {
        let events = [events::sqs(), json!(null), json!("x"), json!([1]), events::load_balancer()];
        let (spans, calls) = gateways(is_round_the_handler, events.iter().map(Invocation::of).collect()).await;
        assert!(spans.is_empty(), "{spans:#?}");
        let answers = calls.iter().filter(|call| matches!(call, Call::Response(_))).count();
        assert_eq!(answers, 5, "{calls:?}");
    }
}

/// Without `OpenTelemetryLayer`, whose service can't be cloned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_invocations_dont_mix() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    opentelemetry::global::set_text_map_propagator(opentelemetry_sdk::propagation::TraceContextPropagator::new());
    let events: Vec<_> = (0..60)
        .map(|number| {
            let mut event = events::http(now_ms() - 20);
            event["headers"]["traceparent"] = format!("00-{:032x}-00f067aa0ba902b7-01", number + 1).into();
            event["rawPath"] = format!("/{number}").into();
            event["requestContext"]["requestId"] = number.to_string().into();
            Invocation::of(&event)
        })
        .collect();
    let api = Api::watched(events, 3, Box::new(|| 0)).await;
    let tracer = Arc::new(opentelemetry::trace::TracerProvider::tracer(&recorder.provider, "app"));
    // An axum router's answers aren't `Sync`, which lambda_http wants here.
    let handler = move |request: lambda_http::Request| {
        let tracer = Arc::clone(&tracer);
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            drop(opentelemetry::trace::Tracer::start(&*tracer, request.uri().path().to_owned()));
            Ok::<_, std::convert::Infallible>(http::Response::new("ok".to_owned()))
        }
    };
    let adapter = lambda_http::Adapter::from(layer.layer(service_fn(handler)));
    let calls = api.run(|| async { Runtime::new(adapter).layer(layer).run_concurrent().await }).await;
    assert_eq!(calls.iter().filter(|call| matches!(call, Call::Response(_))).count(), 60);
    let spans = recorder.ended();
    assert_eq!(spans.len(), 120);
    for gateway in spans.iter().filter(|span| span.is_gateway()) {
        let id = gateway.attribute("aws.request_id").as_str().expect("an id");
        let number: u128 = id.parse().expect("a number");
        assert_eq!(gateway.trace_id.to_string(), format!("{:032x}", number + 1));
        assert_eq!(gateway.attribute("http.response.status_code"), 200);
        let handler = spans.iter().find(|span| span.name == format!("/{number}")).expect("a handler's span");
        assert_eq!(handler.parent, gateway.span_id);
    }
}
