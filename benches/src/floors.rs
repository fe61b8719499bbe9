//! The least it could cost.
//!
//! | floor | |
//! |---|---|
//! | header miss | looks for `x-dd-proxy` in a request without it |
//! | SDK floor | the span of the real request, with the attributes that the layer gives it, straight from the SDK |
//! | API floor | the same by a boxed tracer, in a context |
//! | full API floor | the real request as the simplest middleware handles it: extract, API floor, inject, attach twice |
//! | full API floor with traceparent | the same for the real request with a `traceparent` |
//!
//! All but the status are given to the builder; the status is only known later. [`suites`](crate::suites) checks that the
//! attributes are those of the layer's span.

use std::hint::black_box;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::{Duration, SystemTime};

use http::{HeaderName, Request};
use opentelemetry::global::BoxedTracer;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tower_service::Service;

use crate::case::{bare, Case, NOTHING};
use crate::drive::{drain, poll_ready_now, Bare};
use crate::requests::{Body, Kind};

static X_DD_PROXY: HeaderName = HeaderName::from_static("x-dd-proxy");

/// Those of the layer's span of the real request, without the status.
fn attributes() -> Vec<KeyValue> {
    let arn = "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5";
    let mut attributes = Vec::with_capacity(24);
    attributes.extend([
        KeyValue::new("operation.name", "aws.apigateway"),
        KeyValue::new("span.type", "web"),
        KeyValue::new("_dd.inferred_span", 1),
        KeyValue::new("component", "aws-apigateway"),
        KeyValue::new("resource.name", owned("GET /orders/{id}")),
        KeyValue::new("service.name", owned("api.example.com")),
        KeyValue::new("server.address", owned("api.example.com")),
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("url.scheme", "https"),
        KeyValue::new("url.full", owned("https://api.example.com/prod/orders/42")),
        KeyValue::new("url.path", owned("/prod/orders/42")),
        KeyValue::new("http.route", owned("/orders/{id}")),
        KeyValue::new(
            "user_agent.original",
            owned("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        ),
        KeyValue::new("stage", owned("prod")),
        KeyValue::new("apiid", owned("a1b2c3d4e5")),
        KeyValue::new("region", owned("eu-west-1")),
        KeyValue::new("account_id", owned("123456789012")),
        KeyValue::new("dd_resource_key", owned(arn)),
        KeyValue::new("aws.xray.trace_id", owned("1-67891233-abcdef012345678912345678")),
    ]);
    attributes
}

#[inline(always)]
fn owned(text: &'static str) -> String {
    black_box(text).to_owned()
}

fn builder() -> SpanBuilder {
    SpanBuilder::from_name("aws.apigateway")
        .with_kind(SpanKind::Server)
        .with_start_time(SystemTime::UNIX_EPOCH + Duration::from_millis(1_729_780_025_473))
        .with_attributes(attributes())
}

fn status() -> KeyValue {
    KeyValue::new("http.response.status_code", 200)
}

/// The span of the SDK floor.
pub fn sdk_span(tracer: &SdkTracer, root: &Context) {
    let mut span = tracer.build_with_context(builder(), root);
    black_box(&mut span).set_attribute(status());
    span.end();
}

/// The SDK floor in front of the bare service, with a tracer that all clones share.
#[derive(Clone, Debug)]
pub struct SpanAbove(Arc<SdkTracer>);

impl SpanAbove {
    pub fn new(provider: &SdkTracerProvider) -> Self {
        Self(Arc::new(provider.tracer("benches")))
    }
}

impl Service<Request<Body>> for SpanAbove {
    type Response = <Bare as Service<Request<Body>>>::Response;
    type Error = <Bare as Service<Request<Body>>>::Error;
    type Future = <Bare as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), Self::Error>> {
        Bare.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let future = Bare.call(request);
        sdk_span(&self.0, &Context::new());
        future
    }
}

pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    let request = Kind::NoHeaders.requests()();
    let miss = Case::new(
        "header miss",
        NOTHING,
        || (),
        move |()| {
            black_box(black_box(request.headers()).contains_key(&X_DD_PROXY));
        },
    );

    let (tracer, root) = (provider.tracer("benches"), Context::new());
    let sdk = Case::new("SDK floor", NOTHING, || (), move |()| sdk_span(&tracer, &root));

    let (tracer, root) = (boxed(provider), Context::new());
    let api = Case::new(
        "API floor",
        NOTHING,
        || (),
        move |()| {
            let context = black_box(root.with_span(tracer.build_with_context(builder(), &root)));
            context.span().set_attribute(status());
            context.span().end();
        },
    );

    let full = full("full API floor", provider, Kind::Root);
    let with_parent = self::full("full API floor with traceparent", provider, Kind::SampledParent);
    vec![miss, sdk, api, full, with_parent]
}

fn full(name: &str, provider: &SdkTracerProvider, kind: Kind) -> Case {
    let (tracer, propagator) = (boxed(provider), TraceContextPropagator::new());
    Case::new(name, bare(kind), kind.requests(), move |request| {
        let mut request = black_box(request);
        let parent = propagator.extract(&HeaderExtractor(request.headers()));
        let span = tracer.build_with_context(builder(), &parent);
        let context = parent.with_span(span);
        propagator.inject_context(&context, &mut HeaderInjector(request.headers_mut()));
        let future = {
            let _current = context.clone().attach();
            Bare.call(request)
        };
        let response = {
            let _current = context.clone().attach();
            poll_ready_now(future).expect("a response")
        };
        drain(response);
        context.span().set_attribute(status());
        context.span().end();
    })
}

fn boxed(provider: &SdkTracerProvider) -> BoxedTracer {
    BoxedTracer::new(Box::new(provider.tracer("benches")))
}
