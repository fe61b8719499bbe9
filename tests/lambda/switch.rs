//! When the layer is on, and what is said if it isn't.
#![allow(clippy::disallowed_methods)]

use apigateway_inferred_span::ApiGatewayInferredSpan;
use support::log::Log;
use support::requests::RequestBuilder;
use support::services::send;
use support::spans::{now_ms, Recorder, Span};

use crate::api::{environment, Invocation};
use crate::events;
use crate::functions::{forms, Place};
use crate::process::run;

const VARIABLE: (&str, &str) = ("DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED", "true");
const PROXY: (&str, &str) = ("AWS_LWA_LAMBDA_RUNTIME_API_PROXY", "127.0.0.1:9002");
const WRAPPER: (&str, &str) = ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/datadog_wrapper");

/// A row of the table: what code says, the environment, and whether there are spans.
type Row = (&'static str, &'static [(&'static str, &'static str)], bool);

#[test]
fn it_is_on_where_an_event_can_be_read_and_nobody_else_does() {
    let table: &[Row] = &[
        ("", &[], false),
        ("", &[VARIABLE], true),
        ("", &[VARIABLE, PROXY], false),
        ("", &[VARIABLE, WRAPPER], false),
        ("", &[VARIABLE, ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/other")], true),
        ("on_lambda", &[VARIABLE, PROXY], true),
        ("on_lambda", &[PROXY], false),
        ("enabled", &[], true),
        ("enabled", &[PROXY, WRAPPER], true),
        ("disabled", &[VARIABLE], false),
    ];
    for (code, variables, expected) in table {
        let spans = if *expected { "1" } else { "0" };
        let said = run("switch::program", &[variables, &[("CODE", *code), ("SPANS", spans)][..]].concat());
        let is_held_back = said.contains("gateway spans are off on AWS Lambda, where Datadog's layer and extension");
        assert_eq!(is_held_back, variables.len() > 1 && !expected, "{code}, {variables:?}:\n{said}");
    }
}

#[tokio::test]
#[ignore = "started by another test"]
async fn program() {
    let (Ok(code), Ok(spans)) = (std::env::var("CODE"), std::env::var("SPANS")) else { return };
    let log = Log::collect();
    let mut recorder = Recorder::new();
    let layer = {
        let _environment = environment();
        ApiGatewayInferredSpan::new().tracer_provider(&recorder.provider)
    };
    let layer = match code.as_str() {
        "on_lambda" => layer.on_lambda(true),
        "enabled" => layer.enabled(true),
        "disabled" => layer.enabled(false),
        _ => layer,
    };
    for form in forms().filter(|form| !form.has_function_span) {
        form.run(&recorder.provider, &layer, vec![Invocation::of(&events::http(now_ms()))]).await;
        let found = recorder.ended().iter().filter(|span| span.is_gateway()).count();
        assert_eq!(found.to_string(), spans, "{form:?}");
    }
    log.lines().iter().for_each(|line| println!("{line}"));
}

#[test]
fn what_is_missing_is_said_once() {
    let said = run("switch::without_context", &[]);
    let count = said.matches("has no RequestContext of lambda_http 1 in its extensions").count();
    assert_eq!(count, 1, "{said}");
    let said = run("switch::without_header", &[]);
    assert_eq!(said.matches("100 requests on AWS Lambda had no usable x-amzn-request-context").count(), 1, "{said}");
}

/// As of another major of `lambda_http`: headers aren't believed in its place.
#[test]
#[ignore = "started by another test"]
fn without_context() {
    let log = Log::collect();
    let mut recorder = Recorder::new();
    let layer = crate::kinds::layer(&recorder);
    for _ in 0..3 {
        send(&layer, &RequestBuilder::documented());
    }
    assert!(recorder.ended().is_empty());
    log.lines().iter().for_each(|line| println!("{line}"));
}

#[test]
#[ignore = "started by another test"]
fn without_header() {
    let log = Log::collect();
    let mut recorder = Recorder::new();
    let layer = crate::kinds::layer(&recorder).request_context(true);
    for _ in 0..300 {
        send(&layer, &RequestBuilder::documented());
    }
    assert!(recorder.ended().is_empty());
    log.lines().iter().for_each(|line| println!("{line}"));
}

/// `lambda_http::run` has a span around everything, which is linked and no mistake.
#[tokio::test]
async fn the_runtimes_own_span_is_linked_without_a_word() {
    use opentelemetry::trace::TracerProvider as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    let mut recorder = Recorder::new();
    let layer = crate::kinds::layer(&recorder);
    let form = forms().find(|form| form.place == Place::Router).expect("a form");
    let buffer = support::log::Buffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(recorder.provider.tracer("app")))
        .with(tracing_subscriber::fmt::layer().with_writer(move || writer.clone()));
    let _subscriber = tracing::subscriber::set_default(subscriber);
    form.run(&recorder.provider, &layer, vec![Invocation::of(&events::http(now_ms()))]).await;
    let spans = recorder.ended();
    let gateway = spans.iter().find(|span| span.is_gateway()).expect("a gateway's span");
    let runtime = spans.iter().find(|span: &&Span| span.name == "Lambda runtime invoke").expect("the runtime's span");
    assert!(gateway.links.iter().any(|link| link.span_id() == runtime.span_id), "{gateway:#?}");
    assert_ne!(gateway.trace_id, runtime.trace_id);
    assert!(!buffer.take().contains("outermost"));
}
