//! The least it could cost.
//!
//! | floor | |
//! |---|---|
//! | one header miss | looks for `x-dd-proxy` among twelve other headers |
//! | SDK floor | a span of 14 attributes, 7 of them owned strings, handed over with the builder; explicit start |
//! | SDK floor, all ten headers | the same with the 22 attributes of the layer, 15 of them owned strings |
//! | API floor | the first of them by a boxed tracer, in a context |
//! | full API floor | a request as the simplest middleware handles it: extract, API floor, inject, attach twice |

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

/// As the layer's own span has them, of a request with the seven headers.
#[inline(always)]
fn fourteen(capacity: usize) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(capacity);
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
        KeyValue::new("stage", owned("prod")),
        KeyValue::new("cloud.provider", "aws"),
    ]);
    attributes
}

fn attributes() -> Vec<KeyValue> {
    fourteen(16)
}

/// Those that come with account, API and region, and the client's.
fn all_attributes() -> Vec<KeyValue> {
    let arn = "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5";
    let mut attributes = fourteen(24);
    attributes.extend([
        KeyValue::new(
            "user_agent.original",
            owned("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        ),
        KeyValue::new("apiid", owned("a1b2c3d4e5")),
        KeyValue::new("region", owned("eu-west-1")),
        KeyValue::new("cloud.region", owned("eu-west-1")),
        KeyValue::new("account_id", owned("123456789012")),
        KeyValue::new("cloud.account.id", owned("123456789012")),
        KeyValue::new("dd_resource_key", owned(arn)),
        KeyValue::new("cloud.resource_id", owned(arn)),
    ]);
    attributes
}

#[inline(always)]
fn owned(text: &'static str) -> String {
    black_box(text).to_owned()
}

fn builder(start: SystemTime, attributes: Vec<KeyValue>) -> SpanBuilder {
    SpanBuilder::from_name("aws.apigateway")
        .with_kind(SpanKind::Server)
        .with_start_time(start)
        .with_attributes(attributes)
}

/// The SDK floor above the bare service, with a tracer that all clones share.
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
        let builder = builder(SystemTime::UNIX_EPOCH, attributes());
        let mut span = self.0.build_with_context(builder, &Context::new());
        let future = Bare.call(request);
        black_box(&mut span).end();
        future
    }
}

pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(1_729_780_025_473);
    let sdk = |name, attributes: fn() -> Vec<KeyValue>| {
        let (tracer, root) = (provider.tracer("benches"), Context::new());
        Case::new(
            name,
            NOTHING,
            || (),
            move |()| {
                let mut span = tracer.build_with_context(builder(start, attributes()), &root);
                black_box(&mut span).end();
            },
        )
    };
    let boxed = || BoxedTracer::new(Box::new(provider.tracer("benches")));

    let request = Kind::NoHeaders.requests()();
    let miss = Case::new(
        "one header miss",
        NOTHING,
        || (),
        move |()| {
            black_box(black_box(request.headers()).contains_key(&X_DD_PROXY));
        },
    );

    let (tracer, root) = (boxed(), Context::new());
    let api = Case::new(
        "API floor",
        NOTHING,
        || (),
        move |()| {
            let span = tracer.build_with_context(builder(start, attributes()), &root);
            black_box(root.with_span(span)).span().end();
        },
    );

    let (tracer, propagator) = (boxed(), TraceContextPropagator::new());
    let requests = Kind::Root.requests();
    let full = Case::new("full API floor", bare(Kind::Root), requests, move |request| {
        let mut request = black_box(request);
        let parent = propagator.extract(&HeaderExtractor(request.headers()));
        let span = tracer.build_with_context(builder(start, attributes()), &parent);
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
        context.span().end();
    });

    vec![miss, sdk("SDK floor", attributes), sdk("SDK floor, all ten headers", all_attributes), api, full]
}
