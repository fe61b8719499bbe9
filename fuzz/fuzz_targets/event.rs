//! Any bytes as the event of an AWS Lambda function, through the layer on the runtime.
//!
//! What is JSON goes through it a second time, written anew: then no key comes twice and nothing is deep, and whether
//! there is a span is known.
#![no_main]

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{ready, Future as _, Ready};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use apigateway_inferred_span::tower::InferredSpanService;
use apigateway_inferred_span::ApiGatewayInferredSpan;
use lambda_runtime::LambdaInvocation;
use libfuzzer_sys::fuzz_target;
use opentelemetry::Value as Attribute;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use serde_json::Value;
use tower_layer::Layer as _;
use tower_service::Service;

/// A function that answers at once.
struct Function;

impl Service<LambdaInvocation> for Function {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: LambdaInvocation) -> Self::Future {
        ready(Ok(()))
    }
}

/// Keeps the spans that have ended.
#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Ended {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().expect("not poisoned").extend(batch);
        Ok(())
    }
}

struct Process {
    service: InferredSpanService<Function>,
    ended: Ended,
}

impl Process {
    fn new() -> Self {
        std::env::set_var("AWS_LAMBDA_FUNCTION_NAME", "function");
        std::env::set_var("AWS_REGION", "eu-west-1");
        let ended = Ended::default();
        // Whatever the client has decided.
        let provider =
            SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).with_simple_exporter(ended.clone()).build();
        let layer = ApiGatewayInferredSpan::new()
            .enabled(true)
            .tracer_provider(&provider)
            .propagator(TraceContextPropagator::new())
            .record_user(true)
            .record_client_address(true);
        Self { service: layer.layer(Function), ended }
    }

    /// The spans of this event.
    fn send(&mut self, body: Vec<u8>) -> Vec<SpanData> {
        let (parts, ()) = http::Response::new(()).into_parts();
        let invocation = LambdaInvocation { parts, body: body.into(), context: Default::default() };
        let mut future = pin!(self.service.call(invocation));
        assert_eq!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())));
        std::mem::take(&mut *self.ended.0.lock().expect("not poisoned"))
    }
}

thread_local! {
    static PROCESS: RefCell<Process> = RefCell::new(Process::new());
}

fuzz_target!(|data: &[u8]| {
    PROCESS.with_borrow_mut(|process| {
        let spans = process.send(data.to_vec());
        check(&spans);
        let Ok(event) = serde_json::from_slice::<Value>(data) else { return };
        let spans = process.send(event.to_string().into_bytes());
        check(&spans);
        assert_eq!(!spans.is_empty(), is_of_a_gateway(&event), "{event}");
        if let [span] = &spans[..] {
            let stage = span.attributes.iter().find(|attribute| attribute.key.as_str() == "stage");
            if let Some(stage) = stage {
                let said = event["requestContext"]["stage"].as_str().expect("a stage");
                assert!(said.contains(stage.value.as_str().as_ref()), "{said:?}");
            }
        }
    });
});

/// A second reading of the event.
fn is_of_a_gateway(event: &Value) -> bool {
    let context = &event["requestContext"];
    let is_text = |key: &str| context[key].is_string();
    let is_client = event.is_object() && event["methodArn"].is_null() && event["routeArn"].is_null();
    let is_api = context["http"].is_object() || is_text("messageDirection") || is_text("httpMethod");
    is_client && context.is_object() && context["elb"].is_null() && is_text("stage") && is_api
}

fn check(spans: &[SpanData]) {
    let [span] = spans else { return assert!(spans.is_empty(), "{spans:#?}") };
    assert!(["aws.apigateway", "aws.httpapi", "aws.lambda.url"].contains(&&*span.name), "{}", span.name);
    assert!(span.start_time <= span.end_time);
    let mut names: Vec<_> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
    for attribute in &span.attributes {
        let Attribute::String(text) = &attribute.value else { continue };
        let text = text.as_str();
        assert!(text.len() <= 3 * 8 * 1024 && !text.chars().any(char::is_control), "{}: {text:?}", attribute.key);
    }
}
