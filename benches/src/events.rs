//! Events of AWS Lambda.
//!
//! | case | |
//! |---|---|
//! | layer off | on the runtime; whatever the event |
//! | REST API, HTTP API | on the runtime: the event is read, and its span made |
//! | SQS | on the runtime: the event is read, and makes no span |
//! | 6 MB | an event as large as Lambda allows, nearly all of it the body |
//! | 6 MB of escapes | the same with an escape for every second character, which is slower to skip |
//! | on a router | a request with the context that `lambda_http` has read |
//! | behind the adapter | a request with the header of the Lambda Web Adapter |

use std::convert::Infallible;
use std::future::{ready, Ready};
use std::hint::black_box;
use std::task::{Context, Poll};

use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use http::HeaderValue;
use lambda_http::request::RequestContext;
use lambda_runtime::LambdaInvocation;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::case::{Case, NOTHING};
use crate::drive::{poll_ready_now, Bare};
use crate::requests::{copies, Kind};
use crate::tower;

/// The largest event that Lambda takes of a gateway.
const LARGEST: usize = 6 * 1_024 * 1_024;
/// Fewer than of other cases: large events take millions of instructions.
const RUNS: usize = 16;

const REST_CONTEXT: &str = r#"{"accountId":"123456789012","apiId":"a1b2c3d4e5","resourceId":"roq9wj","stage":"prod","domainName":"api.example.com","domainPrefix":"api","requestId":"deef4878-7910-11e6-8f14-25afc3e9ae33","extendedRequestId":"JKJaXmPLvHcESHA=","protocol":"HTTP/1.1","path":"/prod/orders/42","resourcePath":"/orders/{id}","httpMethod":"GET","requestTime":"24/Oct/2024:14:27:05 +0000","requestTimeEpoch":1729780025473,"identity":{"sourceIp":"203.0.113.7","userAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0","apiKey":null}}"#;
const HTTP_CONTEXT: &str = r#"{"routeKey":"GET /orders/{id}","accountId":"123456789012","stage":"$default","apiId":"a1b2c3d4e5","requestId":"JKJaXmPLvHcESHA=","domainName":"api.example.com","domainPrefix":"api","time":"24/Oct/2024:14:27:05 +0000","timeEpoch":1729780025473,"http":{"method":"GET","path":"/orders/42","protocol":"HTTP/1.1","sourceIp":"203.0.113.7","userAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}}"#;

/// # Panics
///
/// If there is no runtime for the timers.
pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    // Timers are set on it, and never due.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    std::mem::forget(Box::leak(Box::new(runtime)).enter());

    let layer = tower::layer(provider).request_context(true);
    let off = ApiGatewayInferredSpan::new().enabled(false);
    let rest = event(REST_CONTEXT, "");
    let mut cases = vec![invocations(BARE, NOTHING, BareFunction, rest.clone())];
    for (name, layer, event) in [
        ("layer off", &off, rest.clone()),
        ("REST API", &layer, rest),
        ("HTTP API", &layer, event(HTTP_CONTEXT, "")),
        ("SQS", &layer, Bytes::from_static(br#"{"Records":[{"body":"text"}]}"#)),
        ("6 MB", &layer, event(REST_CONTEXT, &"b".repeat(LARGEST))),
        ("6 MB of escapes", &layer, event(REST_CONTEXT, &"b\\n".repeat(LARGEST / 3))),
    ] {
        let runs = if event.len() < LARGEST { 512 } else { RUNS };
        cases.push(invocations(&format!("event: {name}"), BARE, layer.layer(BareFunction), event).runs(runs));
    }
    let context = serde_json::from_str(REST_CONTEXT).expect("a context");
    let mut on_router = Kind::NoHeaders.request();
    on_router.extensions_mut().insert(RequestContext::ApiGatewayV1(context));
    on_router.extensions_mut().insert(lambda());
    let mut behind_adapter = Kind::NoHeaders.request();
    let header = HeaderValue::from_static(REST_CONTEXT);
    behind_adapter.headers_mut().insert("x-amzn-request-context", header);
    cases.extend(tower::pair(&layer, "event: on a router", Bare, copies(on_router)));
    cases.extend(tower::pair(&layer, "event: behind the adapter", Bare, copies(behind_adapter)));
    cases
}

const BARE: &str = "bare: event";

/// The event of a request with the headers of a [`Kind`].
fn event(context: &str, body: &str) -> Bytes {
    let headers = Kind::NoHeaders.pairs().into_iter().map(|(name, value)| format!(r#""{name}":"{value}""#));
    let headers = headers.collect::<Vec<_>>().join(",");
    format!(r#"{{"headers":{{{headers}}},"requestContext":{context},"body":"{body}","isBase64Encoded":false}}"#).into()
}

fn invocations<S>(name: &str, baseline: &str, mut service: S, event: Bytes) -> Case
where
    S: Service<LambdaInvocation, Response = (), Error = Infallible> + 'static,
{
    let make = move || LambdaInvocation {
        parts: http::Response::new(()).into_parts().0,
        body: event.clone(),
        context: lambda(),
    };
    Case::new(name, baseline, make, move |invocation| {
        poll_ready_now(service.call(black_box(invocation))).expect("infallible");
    })
}

/// What the runtime says of the invocation.
fn lambda() -> lambda_runtime::Context {
    let mut context = lambda_runtime::Context::default();
    context.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into();
    context.invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders".into();
    context.xray_trace_id = Some("Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0".into());
    // Years ahead, so that the timer for it is set.
    context.deadline = 4_102_444_800_000;
    context
}

/// The function below the layer.
#[derive(Clone, Copy, Debug)]
struct BareFunction;

impl Service<LambdaInvocation> for BareFunction {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline(never)]
    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        drop(black_box(invocation));
        ready(Ok(()))
    }
}
