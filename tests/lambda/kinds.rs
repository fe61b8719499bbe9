//! Every kind of event, through every form of function: the gateway's span whole, and whose child is whose.

use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use opentelemetry::trace::{SpanId, SpanKind, Status};
use serde_json::{json, Value};
use support::spans::{now_ms, Recorder, Span};

use crate::api::{environment, Call, Invocation, FUNCTION, TRACE_ID};
use crate::events::{self, attributes, CLIENT_SPAN, CLIENT_TRACE, KINDS};
use crate::functions::{forms, subscriber, Form, Place, Server};

pub(crate) fn layer(recorder: &Recorder) -> ApiGatewayInferredSpan {
    let _environment = environment();
    recorder.layer()
}

/// The names of a span and of those above it: `client > aws.apigateway > GET > handler`.
pub(crate) fn line(spans: &[Span], name: &str) -> String {
    let mut span = spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}: {spans:#?}"));
    let mut line = vec![span.name.clone()];
    while span.parent != SpanId::INVALID {
        match spans.iter().find(|other| other.span_id == span.parent) {
            Some(parent) => {
                line.push(parent.name.clone());
                span = parent;
            }
            None => {
                line.push(if span.parent.to_string() == CLIENT_SPAN { "client" } else { "?" }.to_owned());
                break;
            }
        }
    }
    line.reverse();
    line.join(" > ")
}

/// Of both, without a route.
const SERVER: &str = "GET";

#[tokio::test]
async fn every_kind_gives_its_span_and_one_trace_in_every_form() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    let _subscriber = subscriber(&recorder.provider);
    for form in forms() {
        for (kind, event) in KINDS {
            let time = now_ms() - 120;
            let calls = form.run(&recorder.provider, &layer, vec![Invocation::of(&event(time))]).await;
            let Call::Response(answer) = &calls[1] else { panic!("{form:?}, {kind}: {calls:?}") };
            let answer: Value = serde_json::from_str(answer).expect("JSON");
            assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!("hello")), "{form:?}, {kind}");
            check(form, kind, time, &recorder.ended());
        }
    }
}

fn check(form: Form, kind: &str, time: u64, spans: &[Span]) {
    let context = format!("{form:?}, {kind}: {spans:#?}");
    let gateways: Vec<_> = spans.iter().filter(|span| span.is_gateway()).collect();
    let [gateway] = gateways[..] else { panic!("{context}") };
    let mut expected = attributes(kind);
    if form.place != Place::Runtime {
        expected["http.response.status_code"] = 200.into();
    }
    // lambda_http drops it.
    if form.place != Place::Router && kind == "rest" {
        expected["aws.extended_request_id"] = "JKJaXmPLvHcESHA=".into();
    }
    assert_eq!(gateway.attributes, expected, "{context}");
    assert_eq!(
        (gateway.start_ms(), &gateway.kind, &gateway.status),
        (time, &SpanKind::Server, &Status::Unset),
        "{context}"
    );
    assert_eq!(gateway.trace_id.to_string(), CLIENT_TRACE, "{context}");
    assert_eq!(gateway.parent.to_string(), CLIENT_SPAN, "{context}");
    // Lambda's own segment is below the gateway's: linked, never its parent.
    let mut links = gateway.links.iter().map(|link| link.span_id().to_string());
    assert!(links.any(|link| TRACE_ID.contains(&link)), "{context}");

    let gateway_name = gateway.name.clone();
    let function = form.has_function_span.then_some(FUNCTION);
    let names: Vec<&str> = match form.place {
        // The gateway's span is below the client's; the function's is in a trace of its own.
        Place::Router => vec!["client", &gateway_name, SERVER, "handler"],
        Place::Runtime if form.server == Server::OtelAxumLayer => vec!["client", SERVER, "handler"],
        _ => ["client", &gateway_name].into_iter().chain(function).chain([SERVER, "handler"]).collect(),
    };
    assert_eq!(line(spans, "handler"), names.join(" > "), "{context}");
    if let (Some(function), Place::Runtime | Place::Both) = (function, form.place) {
        assert_eq!(line(spans, function), format!("client > {gateway_name} > {function}"), "{context}");
        let function = spans.iter().find(|span| span.name == function).expect("the function's span");
        // A service graph draws no edge to what is below it.
        assert_eq!(function.kind, SpanKind::Internal, "{context}");
        assert!(gateway.end >= function.end, "{context}");
    }
}

#[tokio::test]
async fn what_comes_through_no_gateway_changes_nothing() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    let _subscriber = subscriber(&recorder.provider);
    for form in forms() {
        let events = vec![Invocation::of(&events::load_balancer())];
        form.run(&recorder.provider, &layer, events).await;
        let spans = recorder.ended();
        assert!(!spans.iter().any(Span::is_gateway), "{form:?}: {spans:#?}");
        assert!(spans.iter().any(|span| span.name == "handler"), "{form:?}: {spans:#?}");
        let calls = form.run(&recorder.provider, &layer, vec![Invocation::of(&events::sqs())]).await;
        // lambda_http takes no others.
        assert!(matches!(calls[1], Call::Error(_)), "{calls:?}");
        assert!(!recorder.ended().iter().any(Span::is_gateway), "{form:?}");
    }
    let stats: u64 = layer.stats().iter().map(|(_, count)| count).sum();
    assert_eq!(stats, 0);
}

#[tokio::test]
async fn failures_are_the_gateways_too_as_far_as_they_can_be_seen() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    let _subscriber = subscriber(&recorder.provider);
    for form in forms() {
        for (path, status, error) in [("fail", json!(500), json!("500")), ("panic", Value::Null, json!("panic"))] {
            let mut event = events::http(now_ms() - 20);
            event["rawPath"] = format!("/users/{path}").into();
            form.run(&recorder.provider, &layer, vec![Invocation::of(&event)]).await;
            let spans = recorder.ended();
            let gateway = spans.iter().find(|span| span.is_gateway()).expect("a gateway's span");
            let found = (gateway.attribute("http.response.status_code"), gateway.attribute("error.type"));
            let expected = match form.place {
                // lambda_runtime catches both, and says Ok.
                Place::Runtime => (&Value::Null, &Value::Null),
                _ => (&status, &error),
            };
            assert_eq!(found, expected, "{form:?}, {path}");
            assert!(gateway.is_as_long_as(Duration::from_millis(20)));
        }
    }
}
