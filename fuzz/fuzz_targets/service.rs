//! Any requests through the whole tower service, answered in any way and cut off anywhere, with any settings.
//!
//! The input is a block of headers for each request, each ended by an empty line, then bytes that say all the rest.
#![no_main]

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::{pin, Pin};
use std::rc::Rc;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use apigateway_inferred_span::{ApiGatewayInferredSpan, ProxyRequest, Rejected, XRay};
use apigateway_inferred_span_fuzz::{assert_sound, attribute, now, pairs, split_once, take_log, text, Recorder};
use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use libfuzzer_sys::fuzz_target;
use opentelemetry::propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{KeyValue, Value};
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, SdkTracerProvider, ShouldSample, SpanData};
use opentelemetry_sdk::Resource;
use tower_layer::Layer as _;
use tower_service::Service;

/// The payload of every panic that is meant. It is raised without the panic hook, which ends the process: a panic of
/// the library's own is found even where the library would catch it.
struct Boom;

fn boom() -> ! {
    resume_unwind(Box::new(Boom))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
enum Sampling {
    On,
    Off,
    ParentBased,
    Panics,
    ShutDown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
enum Propagation {
    TraceContext,
    WithBaggage,
    XRay,
    XRayFirst,
    ExtractPanics,
    InjectPanics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
enum Processor {
    Fine,
    PanicsAtStart,
    PanicsAtEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
enum Accept {
    Always,
    Never,
    Panics,
}

#[derive(Debug, Arbitrary)]
struct Settings {
    off: bool,
    nested: bool,
    sampling: Sampling,
    propagation: Propagation,
    processor: Processor,
    x_ray: u8,
    otel_span_name: bool,
    whole_paths: bool,
    record_user: bool,
    record_client_address: bool,
    strip_headers: bool,
    integration_timeout_ms: Option<u16>,
    error_statuses: Option<(u16, u16)>,
    service_mapping: bool,
    max_services: Option<u8>,
    allow_domains: bool,
    allow_api_ids: bool,
    shared_secret: bool,
    max_request_age_s: Option<u16>,
    accept_if: Option<Accept>,
}

#[derive(Debug, Arbitrary)]
struct Exchange {
    method: u8,
    panics_in_call: bool,
    pending: u8,
    outcome: Outcome,
    client: Client,
}

#[derive(Debug, Arbitrary)]
enum Outcome {
    Respond(Reply),
    Fail,
    Panic,
    Never,
}

#[derive(Debug, Arbitrary)]
struct Reply {
    status: u16,
    length: Length,
    hint: Hint,
    tells_its_end: bool,
    steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
enum Length {
    Absent,
    Right,
    Other(u16),
    NoNumber,
}

#[derive(Clone, Copy, Debug, Arbitrary)]
enum Hint {
    Absent,
    Right,
    Other(u16),
}

#[derive(Clone, Copy, Debug, Arbitrary)]
enum Step {
    Data(u8),
    Trailers,
    Pending,
    Fail,
    Panic,
}

/// Whoever awaits the response.
#[derive(Debug, Arbitrary)]
struct Client {
    /// Polls of the future after which it is dropped.
    future_polls: u8,
    /// Polls of the body after which it is dropped.
    body_polls: u8,
    /// Asks `is_end_stream` before each poll, as a server does.
    asks_for_the_end: bool,
    polls_after_the_end: bool,
    drops_in_a_panic: bool,
    /// Keeps what it has until all requests are done.
    keeps: bool,
}

/// What happened in one exchange, as seen from inside.
#[derive(Debug, Default)]
struct Seen {
    calls: u32,
    headers: HeaderMap,
    current: Option<SpanContext>,
    /// What the headers name, by the same propagator.
    named: Option<SpanContext>,
    events: Vec<Event>,
    frames: Vec<Option<usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Responded { status: u16, length: Option<u64> },
    Sent(u64),
    Trailers,
    EndedWithFrame,
    Ended,
    ServiceFailed,
    BodyFailed,
    Panicked,
    FutureDropped,
    BodyDropped,
    SpanEnded,
}

type Shared = Rc<RefCell<Seen>>;

thread_local! {
    static PROCESSOR: Cell<Processor> = const { Cell::new(Processor::Fine) };
    /// The exchange that is at work, so that a span's start can be told to be its.
    static AT_WORK: RefCell<Option<Shared>> = const { RefCell::new(None) };
    static OWNERS: RefCell<Vec<(SpanId, Shared)>> = const { RefCell::new(Vec::new()) };
}

fn on_start(id: SpanId) {
    let at_work = AT_WORK.with_borrow(Clone::clone).expect("an exchange at work");
    OWNERS.with_borrow_mut(|owners| owners.push((id, at_work)));
    if PROCESSOR.get() == Processor::PanicsAtStart {
        boom();
    }
}

fn on_end(id: SpanId) {
    OWNERS.with_borrow(|owners| {
        let owner = owners.iter().find(|(other, _)| *other == id);
        let (_, seen) = owner.expect("it has started");
        seen.borrow_mut().events.push(Event::SpanEnded);
    });
    if PROCESSOR.get() == Processor::PanicsAtEnd {
        boom();
    }
}

#[derive(Clone, Debug)]
struct PanickingSampler;

impl ShouldSample for PanickingSampler {
    fn should_sample(
        &self,
        _: Option<&opentelemetry::Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        boom()
    }
}

struct Providers {
    on: SdkTracerProvider,
    off: SdkTracerProvider,
    parent_based: SdkTracerProvider,
    panics: SdkTracerProvider,
    shut_down: SdkTracerProvider,
}

fn provider(sampler: impl ShouldSample + 'static) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_sampler(sampler)
        .with_span_processor(Recorder { on_start, on_end })
        .build()
}

static PROVIDERS: LazyLock<Providers> = LazyLock::new(|| {
    let shut_down = provider(Sampler::AlwaysOn);
    shut_down.shutdown().expect("shut down");
    Providers {
        on: provider(Sampler::AlwaysOn),
        off: provider(Sampler::AlwaysOff),
        parent_based: provider(Sampler::ParentBased(Box::new(Sampler::AlwaysOn))),
        panics: provider(PanickingSampler),
        shut_down,
    }
});

#[derive(Debug)]
struct Panicking {
    at_inject: bool,
    inner: TraceContextPropagator,
}

impl TextMapPropagator for Panicking {
    fn inject_context(&self, cx: &opentelemetry::Context, injector: &mut dyn Injector) {
        if self.at_inject {
            boom();
        }
        self.inner.inject_context(cx, injector);
    }

    fn extract_with_context(&self, cx: &opentelemetry::Context, extractor: &dyn Extractor) -> opentelemetry::Context {
        if !self.at_inject {
            boom();
        }
        self.inner.extract_with_context(cx, extractor)
    }

    fn fields(&self) -> opentelemetry::propagation::text_map_propagator::FieldIter<'_> {
        self.inner.fields()
    }
}

type Boxed = Box<dyn TextMapPropagator + Send + Sync>;

fn propagator(kind: Propagation) -> TextMapCompositePropagator {
    let panicking = |at_inject| -> Boxed {
        let inner = TraceContextPropagator::new();
        Box::new(Panicking { at_inject, inner })
    };
    let trace_context = || -> Boxed { Box::new(TraceContextPropagator::new()) };
    let x_ray = || -> Boxed { Box::new(XrayPropagator::default()) };
    TextMapCompositePropagator::new(match kind {
        Propagation::TraceContext => vec![trace_context()],
        Propagation::WithBaggage => vec![trace_context(), Box::new(BaggagePropagator::new())],
        Propagation::XRay => vec![x_ray()],
        Propagation::XRayFirst => vec![x_ray(), trace_context()],
        Propagation::ExtractPanics => vec![panicking(false)],
        Propagation::InjectPanics => vec![panicking(true)],
    })
}

/// The headers by which these propagators find a span.
const PROPAGATION: [&str; 4] = ["traceparent", "tracestate", "baggage", "x-amzn-trace-id"];

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

const DOMAIN: &str = "*.example.com";
const API_ID: &str = "a1b2c3d4e5";
const SECRET: (&str, &str) = ("x-gateway-secret", "open sesame");
const MAPPED: (&str, &str) = ("api.example.com", "orders-api");

impl Settings {
    fn x_ray(&self) -> XRay {
        [XRay::Continue, XRay::Link, XRay::Defer, XRay::Ignore][usize::from(self.x_ray % 4)]
    }

    fn layer(&self) -> ApiGatewayInferredSpan {
        let provider = match self.sampling {
            Sampling::On => &PROVIDERS.on,
            Sampling::Off => &PROVIDERS.off,
            Sampling::ParentBased => &PROVIDERS.parent_based,
            Sampling::Panics => &PROVIDERS.panics,
            Sampling::ShutDown => &PROVIDERS.shut_down,
        };
        let mut layer = ApiGatewayInferredSpan::new()
            .enabled(!self.off)
            .tracer_provider(provider)
            .propagator(propagator(self.propagation))
            .wall_clock(now)
            .x_ray(self.x_ray())
            .otel_span_name(self.otel_span_name)
            .parameterize_paths(!self.whole_paths)
            .record_user(self.record_user)
            .record_client_address(self.record_client_address)
            .strip_headers(self.strip_headers);
        if let Some(ms) = self.integration_timeout_ms {
            layer = layer.integration_timeout(Duration::from_millis(ms.into()));
        }
        if let Some((first, last)) = self.error_statuses {
            layer = layer.error_statuses([first..=last]);
        }
        if self.service_mapping {
            layer = layer.service_mapping(MAPPED.0, MAPPED.1);
        }
        if let Some(count) = self.max_services {
            layer = layer.max_services(usize::from(count % 4));
        }
        if self.allow_domains {
            layer = layer.allow_domains([DOMAIN]);
        }
        if self.allow_api_ids {
            layer = layer.allow_api_ids([API_ID]);
        }
        if self.shared_secret {
            layer = layer.shared_secret(SECRET.0, SECRET.1);
        }
        if let Some(seconds) = self.max_request_age_s {
            layer = layer.max_request_age(Duration::from_secs(seconds.into()));
        }
        match self.accept_if {
            None => layer,
            Some(accept) => layer.accept_if(move |_, headers| {
                let _ = headers.get("via");
                match accept {
                    Accept::Always => true,
                    Accept::Never => false,
                    Accept::Panics => boom(),
                }
            }),
        }
    }

    /// What should become of a request: the code under which it is counted, if it is.
    fn code(&self, headers: &HeaderMap) -> Option<&'static str> {
        if self.off || !headers.contains_key("x-dd-proxy") {
            return None;
        }
        let request = match ProxyRequest::from_headers(headers) {
            Ok(request) => request?,
            Err(reason) => return Some(reason.code()),
        };
        let secret = headers.get(SECRET.0).map(HeaderValue::as_bytes);
        if self.shared_secret && secret != Some(SECRET.1.as_bytes()) {
            return Some(Rejected::WrongSecret.code());
        }
        let is_allowed = |domain: &str| {
            let domain = domain.to_ascii_lowercase();
            let below = domain.strip_suffix(&DOMAIN[1..]);
            below.is_some_and(|below| !below.is_empty())
        };
        if self.allow_domains && !request.domain().is_some_and(is_allowed) {
            return Some("domain_not_allowed");
        }
        if self.allow_api_ids && request.api_id() != Some(API_ID) {
            return Some("api_id_not_allowed");
        }
        if let (Some(max), Some(time)) = (self.max_request_age_s, request.request_time()) {
            if time + Duration::from_secs(max.into()) < now() {
                return Some("too_old");
            }
        }
        match self.accept_if {
            Some(Accept::Never) => return Some(Rejected::NotAccepted.code()),
            Some(Accept::Panics) => return Some("panicked"),
            _ => {}
        }
        if self.propagation == Propagation::ExtractPanics {
            return Some("panicked");
        }
        let parent = propagator(self.propagation).extract(&Headers(headers));
        let parent = parent.span().span_context().clone();
        let recorded = request.x_ray().filter(|x_ray| x_ray.sampled() == Some(true));
        let recorded = recorded.and_then(|x_ray| Some((x_ray.trace_id(), x_ray.parent()?)));
        let is_same = recorded == Some((parent.trace_id(), parent.span_id()));
        if self.x_ray() == XRay::Defer && recorded.is_some() && (!parent.is_valid() || is_same) {
            return Some("deferred");
        }
        if self.sampling == Sampling::Panics {
            return Some("panicked");
        }
        if self.sampling == Sampling::ShutDown {
            return Some("no_tracer_provider");
        }
        // What else can go wrong depends on whether the span is sampled and the headers name one.
        Some("accepted")
    }

    /// Whether the application's own parts may panic after all checks are passed.
    fn may_panic_late(&self) -> bool {
        self.processor == Processor::PanicsAtStart
    }

    fn is_error(&self, status: u16) -> bool {
        let (first, last) = self.error_statuses.unwrap_or((500, 599));
        first <= status && status <= last
    }

    fn timeout(&self, span: &SpanData) -> Option<Duration> {
        let default = match text(span, "component").as_str() {
            "aws-apigateway" => Some(29),
            "aws-httpapi" => Some(30),
            _ => None,
        };
        let configured = self.integration_timeout_ms.map(u64::from);
        let configured = configured.map(Duration::from_millis);
        configured.or(default.map(Duration::from_secs))
    }
}

fuzz_target!(|data: &[u8]| {
    let (mut rest, mut blocks) = (data, Vec::new());
    while let (true, Some((block, after))) = (blocks.len() < 3, split_once(rest, b"\n\n")) {
        blocks.push(headers(block));
        rest = after;
    }
    let mut control = Unstructured::new(rest);
    let Ok(settings) = Settings::arbitrary(&mut control) else {
        return;
    };
    PROCESSOR.set(settings.processor);
    OWNERS.with_borrow_mut(Vec::clear);
    run(&settings, blocks, &mut control);
    AT_WORK.set(None);
    OWNERS.with_borrow_mut(Vec::clear);
});

/// What a server's parser lets through.
fn headers(block: &[u8]) -> HeaderMap {
    let pairs = pairs(block).into_iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_bytes(&value).ok()?;
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, value);
    }
    headers
}

fn run(settings: &Settings, blocks: Vec<HeaderMap>, control: &mut Unstructured<'_>) {
    let layer = settings.layer();
    // Its own counts, as that of a nested router has.
    let inner_layer = settings.nested.then(|| settings.layer());
    let mut kept: Vec<Box<dyn std::any::Any>> = Vec::new();
    let mut exchanges = Vec::new();
    for sent in blocks {
        let Ok(exchange) = Exchange::arbitrary(control) else {
            break;
        };
        let seen = Shared::default();
        AT_WORK.set(Some(Rc::clone(&seen)));
        let before = layer.stats();
        let inner = Inner {
            seen: Rc::clone(&seen),
            plan: Some((exchange.panics_in_call, exchange.pending, exchange.outcome)),
            propagation: settings.propagation,
        };
        let method =
            [Method::GET, Method::HEAD, Method::POST, Method::CONNECT][usize::from(exchange.method % 4)].clone();
        let mut request = Request::new(Lump(7));
        *request.method_mut() = method.clone();
        *request.headers_mut() = sent.clone();
        let leftovers = match &inner_layer {
            None => drive(layer.layer(inner), request, &exchange.client, &seen),
            Some(nested) => drive(layer.layer(nested.layer(inner)), request, &exchange.client, &seen),
        };
        if exchange.client.keeps {
            kept.extend(leftovers);
        } else {
            discard(leftovers, exchange.client.drops_in_a_panic);
        }

        let counted: Vec<_> = layer
            .stats()
            .iter()
            .zip(before.iter())
            .filter(|((_, after), (_, before))| after != before)
            .map(|((code, after), (_, before))| (code, after - before))
            .collect();
        let expected = settings.code(&sent);
        match (expected, &counted[..]) {
            (None, []) => {}
            (Some(expected), [(code, 1)]) if *code == expected => {}
            (Some("accepted"), [("panicked", 1)]) if settings.may_panic_late() => {}
            _ => panic!("{counted:?} instead of {expected:?}"),
        }
        let code = counted.first().map(|(code, _)| *code);
        exchanges.push((sent, method == Method::HEAD, code, seen));
    }
    drop(kept);

    let log = take_log();
    for (sent, is_head, code, shared) in &exchanges {
        let seen = shared.borrow();
        assert_eq!(seen.calls, 1, "the application is called once");
        let is_mine = |id: SpanId| {
            let is_it = |(other, owner): &(SpanId, Shared)| *other == id && Rc::ptr_eq(owner, shared);
            OWNERS.with_borrow(|owners| owners.iter().any(is_it))
        };
        let started: Vec<_> = log.started.iter().filter(|id| is_mine(**id)).collect();
        let ended: Vec<_> = log.ended.iter().filter(|span| is_mine(span.span_context.span_id())).collect();
        check_headers(settings, sent, *code, &seen);
        check_spans(settings, *is_head, *code, &seen, &started, &ended);
    }
    if let Some(nested) = inner_layer {
        let stats = nested.stats();
        let outer = layer.stats();
        let passed = outer.accepted() + outer.get("deferred");
        let total: u64 = outer.iter().map(|(_, count)| count).sum();
        let again: u64 = stats.iter().map(|(_, count)| count).sum();
        // Stripped headers leave nothing for it to see.
        assert!(again <= total - passed, "{stats:?} within {outer:?}");
    }
    assert_eq!(log.started.len(), log.ended.len());
    let mut ids: Vec<_> = log.ended.iter().map(|span| span.span_context.span_id()).collect();
    ids.sort_by_key(|id| id.to_bytes());
    ids.dedup();
    assert_eq!(ids.len(), log.ended.len(), "a span ended twice");
}

fn check_headers(settings: &Settings, sent: &HeaderMap, code: Option<&str>, seen: &Seen) {
    let is_gateways = |name: &HeaderName| name.as_str().starts_with("x-dd-proxy");
    let stripped = settings.strip_headers && code.is_some();
    let may_be_rewritten = matches!(code, Some("accepted" | "panicked"));
    let others = |headers: &HeaderMap| -> Vec<(HeaderName, HeaderValue)> {
        headers
            .iter()
            .filter(|(name, _)| !(may_be_rewritten && PROPAGATION.contains(&name.as_str())))
            .filter(|(name, _)| !(stripped && is_gateways(name)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    assert_eq!(sorted(others(sent)), sorted(others(&seen.headers)));
    if stripped {
        assert!(!seen.headers.keys().any(is_gateways), "{:?}", seen.headers);
    }
    for name in seen.headers.keys() {
        assert!(sent.contains_key(name) || PROPAGATION.contains(&name.as_str()));
    }
    if code == Some("accepted") {
        let current = seen.current.as_ref().expect("a current span");
        assert!(current.is_valid());
        if let Some(named) = seen.named.as_ref().filter(|named| named.is_valid()) {
            assert_eq!(named.span_id(), current.span_id(), "the headers name another span");
            assert_eq!(named.trace_id(), current.trace_id());
        }
    }
}

/// By name; values of the same name stay in their order.
fn sorted(mut headers: Vec<(HeaderName, HeaderValue)>) -> Vec<(HeaderName, HeaderValue)> {
    headers.sort_by(|one, other| one.0.as_str().cmp(other.0.as_str()));
    headers
}

fn check_spans(
    settings: &Settings,
    is_head: bool,
    code: Option<&str>,
    seen: &Seen,
    started: &[&SpanId],
    ended: &[&SpanData],
) {
    assert_eq!(started.len(), ended.len(), "each span ends once");
    for span in ended {
        assert_sound(span);
    }
    match code {
        Some("accepted") => {
            assert!(ended.len() <= 1);
            assert!(settings.sampling != Sampling::On || ended.len() == 1);
            assert!(settings.sampling != Sampling::Off || ended.is_empty());
        }
        // Each of two layers may have met a processor that panics.
        Some("panicked") => return assert!(ended.len() <= 2),
        _ => return assert!(ended.is_empty(), "{code:?} {ended:?}"),
    }
    let [span] = ended else { return };

    assert_eq!(span.span_kind, SpanKind::Server);
    assert!(span.start_time <= now());
    assert_eq!(Some(&span.span_context), seen.current.as_ref());
    let model = Model::of(is_head, &seen.events);
    let expected = match model.status.filter(|status| settings.is_error(*status)) {
        Some(status) => status.to_string(),
        None => match model.failure {
            Some("open") => {
                let age = elapsed(span.start_time, span.end_time);
                let timed_out = settings.timeout(span).is_some_and(|timeout| age >= timeout);
                if timed_out { "timeout" } else { "cancelled" }.to_owned()
            }
            failure => failure.unwrap_or_default().to_owned(),
        },
    };
    assert_eq!(text(span, "error.type"), expected, "{:?}", seen.events);
    let is_error = matches!(span.status, opentelemetry::trace::Status::Error { .. });
    assert_eq!(is_error, !expected.is_empty());
    let status = attribute(span, "http.response.status_code");
    assert_eq!(status, model.status.map(|status| Value::I64(status.into())).as_ref());
    assert_order(&seen.events);
}

fn elapsed(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).expect("no span ends before it starts")
}

/// What was within the span is gone before the span ends.
fn assert_order(events: &[Event]) {
    let at = |event: Event| events.iter().position(|other| *other == event);
    let end = at(Event::SpanEnded).expect("it ended");
    let responded = events.iter().any(|event| matches!(event, Event::Responded { .. }));
    let failed = at(Event::ServiceFailed).is_some();
    if responded {
        assert!(at(Event::BodyDropped).is_some_and(|dropped| dropped < end), "{events:?}");
    } else if let (false, Some(dropped)) = (failed, at(Event::FutureDropped)) {
        assert!(dropped < end, "{events:?}");
    }
}

/// How the span should end, from what the application did.
struct Model {
    status: Option<u16>,
    failure: Option<&'static str>,
}

impl Model {
    fn of(is_head: bool, events: &[Event]) -> Self {
        let mut model = Self { status: None, failure: Some("open") };
        let mut remaining = None;
        for event in events {
            model.failure = match *event {
                Event::SpanEnded => break,
                Event::Responded { status, length } => {
                    model.status = Some(status);
                    remaining = length;
                    let no_body = is_head || matches!(status, 100..=199 | 204 | 304);
                    let is_whole = no_body || length == Some(0);
                    (!is_whole).then_some("open")
                }
                Event::Sent(bytes) => {
                    remaining = remaining.map(|left: u64| left.saturating_sub(bytes));
                    model.failure.filter(|_| remaining != Some(0))
                }
                Event::Trailers | Event::EndedWithFrame | Event::Ended => None,
                Event::ServiceFailed => Some("service"),
                Event::BodyFailed => Some("body"),
                Event::Panicked => Some("panic"),
                Event::FutureDropped | Event::BodyDropped => model.failure,
            };
        }
        model
    }
}

fn discard(leftovers: Option<Box<dyn std::any::Any>>, in_a_panic: bool) {
    if in_a_panic {
        // A panic elsewhere, that drops what the client holds while it unwinds.
        meant(|| {
            let _held = leftovers;
            boom();
        });
    }
}

/// Runs what may panic on purpose.
fn meant<R>(step: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(result) => Some(result),
        Err(payload) => {
            assert!(payload.is::<Boom>(), "an unforeseen panic");
            None
        }
    }
}

/// Does what the client does, and gives back what it still holds then.
fn drive<S, B>(mut service: S, request: Request<Lump>, client: &Client, seen: &Shared) -> Option<Box<dyn std::any::Any>>
where
    S: Service<Request<Lump>, Response = Response<B>, Error = Failure>,
    S::Future: 'static,
    B: Body<Data = Bytes, Error = Failure> + 'static,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = Box::pin(meant(|| service.call(request))?);
    let mut polls = 0;
    let response = loop {
        if polls == client.future_polls % 8 {
            return Some(Box::new(future));
        }
        polls += 1;
        match meant(|| future.as_mut().poll(&mut cx)) {
            None => return Some(Box::new(future)),
            Some(Poll::Pending) => {}
            Some(Poll::Ready(Err(Failure))) => {
                assert!(seen.borrow().events.contains(&Event::ServiceFailed));
                return Some(Box::new(future));
            }
            Some(Poll::Ready(Ok(response))) => break response,
        }
    };
    drop(future);
    let mut body = Box::pin(response.into_body());
    let mut frames = Vec::new();
    for _ in 0..client.body_polls % 16 {
        if client.asks_for_the_end && body.is_end_stream() {
            break;
        }
        let hint = body.size_hint();
        assert!(hint.upper().is_none_or(|upper| hint.lower() <= upper));
        match meant(|| body.as_mut().poll_frame(&mut cx)) {
            None => break,
            Some(Poll::Pending) => {}
            Some(Poll::Ready(Some(Ok(frame)))) => frames.push(frame.data_ref().map(Bytes::len)),
            Some(Poll::Ready(end)) => {
                let end = end.map(|frame| frame.is_ok());
                let last = if end.is_none() { Event::Ended } else { Event::BodyFailed };
                assert!(seen.borrow().events.contains(&last) || end.is_none());
                if client.polls_after_the_end {
                    let again = pin!(&mut body).poll_frame(&mut cx);
                    assert!(matches!(again, Poll::Ready(None)), "not at its end any more");
                }
                break;
            }
        }
    }
    assert_eq!(seen.borrow().frames, frames, "every frame, as it came");
    Some(Box::new(body))
}

/// What fails in the application.
#[derive(Debug)]
struct Failure;

/// A request's body that has to come through as it is.
struct Lump(u8);

struct Inner {
    seen: Shared,
    plan: Option<(bool, u8, Outcome)>,
    propagation: Propagation,
}

impl Service<Request<Lump>> for Inner {
    type Response = Response<Script>;
    type Error = Failure;
    type Future = Reaction;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Lump>) -> Reaction {
        assert_eq!(request.body().0, 7);
        let (panics, pending, outcome) = self.plan.take().expect("called once");
        {
            let mut seen = self.seen.borrow_mut();
            seen.calls += 1;
            let current = opentelemetry::Context::current();
            seen.current = Some(current.span().span_context().clone());
            if self.propagation != Propagation::ExtractPanics {
                let empty = opentelemetry::Context::new();
                let named = propagator(self.propagation).extract_with_context(&empty, &Headers(request.headers()));
                seen.named = Some(named.span().span_context().clone());
            }
            seen.headers = request.into_parts().0.headers;
            if panics {
                seen.events.push(Event::Panicked);
            }
        }
        if panics {
            boom();
        }
        Reaction { seen: Rc::clone(&self.seen), pending: pending % 4, outcome: Some(outcome) }
    }
}

struct Reaction {
    seen: Shared,
    pending: u8,
    outcome: Option<Outcome>,
}

impl Reaction {
    fn event(&self, event: Event) {
        self.seen.borrow_mut().events.push(event);
    }
}

impl Drop for Reaction {
    fn drop(&mut self) {
        self.event(Event::FutureDropped);
    }
}

impl Future for Reaction {
    type Output = Result<Response<Script>, Failure>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        assert_current(&self.seen);
        if self.pending > 0 {
            self.pending -= 1;
            return Poll::Pending;
        }
        match self.outcome.take() {
            None => panic!("polled after its end"),
            Some(Outcome::Never) => {
                self.outcome = Some(Outcome::Never);
                Poll::Pending
            }
            Some(Outcome::Panic) => {
                self.event(Event::Panicked);
                boom();
            }
            Some(Outcome::Fail) => {
                self.event(Event::ServiceFailed);
                Poll::Ready(Err(Failure))
            }
            Some(Outcome::Respond(reply)) => Poll::Ready(Ok(reply.respond(&self.seen))),
        }
    }
}

/// The span that was current in the call is so at every step.
fn assert_current(seen: &Shared) {
    let current = opentelemetry::Context::current();
    let current = current.span().span_context().clone();
    assert_eq!(seen.borrow().current, Some(current));
}

impl Reply {
    fn respond(mut self, seen: &Shared) -> Response<Script> {
        self.steps.truncate(12);
        self.steps.reverse();
        let total = self.steps.iter().map(Step::bytes).sum::<u64>();
        let status = StatusCode::from_u16(self.status % 900 + 100).expect("a status");
        let script =
            Script { seen: Rc::clone(seen), steps: self.steps, tells_its_end: self.tells_its_end, hint: self.hint };
        let known = match self.length {
            Length::Absent => script.size_hint().exact(),
            Length::Right => Some(total),
            Length::Other(length) => Some(length.into()),
            Length::NoNumber => None,
        };
        let length = if script.is_end_stream() { Some(0) } else { known };
        seen.borrow_mut().events.push(Event::Responded { status: status.as_u16(), length });
        let mut response = Response::new(script);
        *response.status_mut() = status;
        let header = match self.length {
            Length::Absent => None,
            Length::Right => Some(HeaderValue::from(total)),
            Length::Other(length) => Some(HeaderValue::from(length)),
            Length::NoNumber => Some(HeaderValue::from_static("a few")),
        };
        if let Some(header) = header {
            response.headers_mut().insert(CONTENT_LENGTH, header);
        }
        response
    }
}

impl Step {
    fn bytes(&self) -> u64 {
        match self {
            Self::Data(bytes) => u64::from(*bytes),
            _ => 0,
        }
    }
}

/// A body that does what the input says.
struct Script {
    seen: Shared,
    /// The next one last.
    steps: Vec<Step>,
    tells_its_end: bool,
    hint: Hint,
}

impl Drop for Script {
    fn drop(&mut self) {
        self.seen.borrow_mut().events.push(Event::BodyDropped);
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        assert_current(&self.seen);
        let step = self.steps.pop();
        let over = self.is_end_stream();
        let seen = Rc::clone(&self.seen);
        let mut seen = seen.borrow_mut();
        let frame = match step {
            None => {
                seen.events.push(Event::Ended);
                return Poll::Ready(None);
            }
            Some(Step::Pending) => return Poll::Pending,
            Some(Step::Panic) => {
                seen.events.push(Event::Panicked);
                drop(seen);
                boom();
            }
            Some(Step::Fail) => {
                seen.events.push(Event::BodyFailed);
                self.steps.clear();
                return Poll::Ready(Some(Err(Failure)));
            }
            Some(Step::Data(bytes)) => {
                static DATA: [u8; 255] = [b'.'; 255];
                seen.frames.push(Some(bytes.into()));
                seen.events.push(Event::Sent(bytes.into()));
                Frame::data(Bytes::from_static(&DATA[..usize::from(bytes)]))
            }
            Some(Step::Trailers) => {
                seen.frames.push(None);
                seen.events.push(Event::Trailers);
                Frame::trailers(HeaderMap::new())
            }
        };
        if over {
            seen.events.push(Event::EndedWithFrame);
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.tells_its_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.hint {
            Hint::Absent => SizeHint::new(),
            Hint::Right => SizeHint::with_exact(self.steps.iter().map(Step::bytes).sum()),
            Hint::Other(bytes) => SizeHint::with_exact(bytes.into()),
        }
    }
}
