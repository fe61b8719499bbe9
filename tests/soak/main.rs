//! Every request accounted for, over a long run of all kinds of them on real servers.
//!
//! `cargo test -p tests --release --all-features --test soak -- --nocapture`
//!
//! `SOAK_REQUESTS` says how many (default 20,000; 5,000 in a debug build), `SOAK_SEED` which mix. Loopback only.
// Only the test's own settings are read from the environment.
#![allow(clippy::disallowed_methods)]

use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::pending;
use std::net::SocketAddr;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use apigateway_inferred_span::{ApiGatewayInferredSpan, XRay};
use axum::body::Body;
use axum::routing::{any, get};
use axum::serve::ListenerExt as _;
use axum::{BoxError, Router};
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use http::{header, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{combinators::BoxBody, BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry::trace::Span as _;
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor};
use opentelemetry_sdk::Resource;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tower::{service_fn, Layer, Service, ServiceExt};

use support::spans::now_ms;

const DEFAULT_REQUESTS: u64 = if cfg!(debug_assertions) { 5_000 } else { 20_000 };

/// How long a single request may take before the run has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Says what should become of the request, to those who count on the server's side.
const EXPECTED: &str = "x-soak";

/// Every code that a request's headers can bring about, beside `accepted`.
const CODES: [&str; 14] = [
    "unknown_proxy",
    "unreadable_proxy",
    "missing_request_time",
    "invalid_request_time",
    "request_time_out_of_range",
    "conflicting_header",
    "api_id_mismatch",
    "wrong_secret",
    "domain_not_allowed",
    "api_id_not_allowed",
    "too_old",
    "not_accepted",
    "deferred",
    "panicked",
];

/// What a request is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    NoHeaders,
    Refused(&'static str),
    Full,
    Stream,
    Announced,
    Trailers,
    Head,
    Empty,
    Error,
    Fails,
    Panic,
    Broken,
    Upgrade,
    /// The client goes before the response.
    LeavesBefore,
    /// The client goes amid the response.
    LeavesDuring,
    /// The client goes amid its own body.
    LeavesSending,
    /// The client goes amid the head: the server never has a request.
    HalfAHead,
}

impl Kind {
    /// How many of 1,000 requests are of which kind; the rest are `Full`.
    const MIX: [(Self, u64); 15] = [
        (Self::NoHeaders, 120),
        (Self::Stream, 60),
        (Self::Announced, 30),
        (Self::Trailers, 30),
        (Self::Head, 30),
        (Self::Empty, 30),
        (Self::Error, 10),
        (Self::Fails, 5),
        (Self::Panic, 10),
        (Self::Broken, 10),
        (Self::Upgrade, 5),
        (Self::LeavesBefore, 40),
        (Self::LeavesDuring, 40),
        (Self::LeavesSending, 10),
        (Self::HalfAHead, 10),
    ];
    const REFUSED: u64 = 210;

    fn of(mut random: u64) -> Self {
        let code = CODES[(random / 1_000) as usize % CODES.len()];
        random %= 1_000;
        for (kind, share) in Self::MIX {
            if random < share {
                return kind;
            }
            random -= share;
        }
        if random < Self::REFUSED {
            Self::Refused(code)
        } else {
            Self::Full
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Announced => "announced",
            Self::Trailers => "trailers",
            Self::Head => "head",
            Self::Empty => "empty",
            Self::Error => "error",
            Self::Fails => "fails",
            Self::Panic => "panic",
            Self::Broken => "broken",
            Self::Upgrade => "upgrade",
            Self::LeavesBefore => "leaves-before",
            Self::LeavesDuring => "leaves-during",
            Self::LeavesSending => "leaves-sending",
            _ => "full",
        }
    }

    fn method(self) -> Method {
        match self {
            Self::Head => Method::HEAD,
            Self::LeavesSending => Method::POST,
            _ => Method::GET,
        }
    }

    /// What the client must get; `None` if it may get nothing whole.
    fn answer(self) -> Option<(u16, &'static str)> {
        match self {
            Self::NoHeaders | Self::Refused(_) | Self::Full => Some((200, "full")),
            Self::Stream | Self::Trailers => Some((200, "chunkchunkchunk")),
            Self::Announced => Some((200, "chunkchunk")),
            Self::Head => Some((200, "")),
            Self::Empty => Some((204, "")),
            Self::Error => Some((500, "no")),
            Self::Fails => Some((502, "")),
            _ => None,
        }
    }

    /// Whether a span of this kind of request may end with this `error.type` and status, 0 for none.
    fn may_end(name: &str, is_actix: bool, error: &str, status: i64) -> bool {
        match name {
            "full" | "stream" | "announced" | "trailers" | "head" => (error, status) == ("", 200),
            "empty" => (error, status) == ("", 204),
            "error" => (error, status) == ("500", 500),
            "fails" if is_actix => (error, status) == ("502", 502),
            "fails" => (error, status) == ("service", 0),
            "panic" => (error, status) == ("panic", 0),
            "broken" => (error, status) == ("body", 200),
            "upgrade" => (error, status) == ("", 101),
            // actix-web notices no earlier than when it has something to write.
            "leaves-before" if is_actix => matches!((error, status), ("" | "cancelled", 200)),
            "leaves-before" => (error, status) == ("cancelled", 0),
            "leaves-during" => (error, status) == ("cancelled", 200),
            // The application may have learned of it, and answered 400.
            "leaves-sending" => {
                matches!((error, status), ("" | "cancelled", 400) | ("cancelled", 0))
            }
            _ => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Http1,
    Http2,
    Actix,
}

/// A request's headers, and what should become of it.
fn headers(kind: Kind, way: Way) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).expect("a header's value");
        headers.insert(HeaderName::from_static(name), value);
    };
    set("host", "localhost");
    if kind == Kind::NoHeaders {
        set(EXPECTED, "none");
        return headers;
    }
    let stage = match way {
        Way::Actix => ["actix ", kind.name()].concat(),
        _ => kind.name().to_owned(),
    };
    set(EXPECTED, "accepted");
    set("x-dd-proxy", "aws-apigateway");
    set("x-dd-proxy-request-time-ms", &(now_ms() - 50).to_string());
    set("x-dd-proxy-domain-name", "api.example.com");
    set("x-dd-proxy-httpmethod", kind.method().as_str());
    set("x-dd-proxy-path", "/prod/users/42");
    set("x-dd-proxy-stage", &stage);
    set("x-dd-proxy-api-id", "a1b2c3d4e5");
    set("x-gateway-secret", "open sesame");
    let Kind::Refused(code) = kind else {
        return headers;
    };

    set(EXPECTED, code);
    match code {
        "unknown_proxy" => set("x-dd-proxy", "gcp-apigateway"),
        "invalid_request_time" => set("x-dd-proxy-request-time-ms", "soon"),
        "request_time_out_of_range" => set("x-dd-proxy-request-time-ms", "0"),
        "api_id_mismatch" => set("x-amzn-apigateway-api-id", "another"),
        "wrong_secret" => set("x-gateway-secret", "open barley"),
        "domain_not_allowed" => set("x-dd-proxy-domain-name", "evil.example"),
        "api_id_not_allowed" => set("x-dd-proxy-api-id", "evil"),
        "too_old" => set("x-dd-proxy-request-time-ms", "1729780025473"),
        "not_accepted" => set("x-dd-proxy-stage", "refused"),
        "panicked" => set("x-dd-proxy-stage", "panics"),
        "deferred" => {
            set("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1")
        }
        "missing_request_time" => {
            headers.remove("x-dd-proxy-request-time-ms");
        }
        "unreadable_proxy" => {
            let value = HeaderValue::from_bytes(b"aws\xff").expect("a header's value");
            headers.insert("x-dd-proxy", value);
        }
        "conflicting_header" => {
            headers.append("x-dd-proxy-stage", HeaderValue::from_static("evil"));
        }
        _ => unreachable!("{code} has no headers"),
    }
    headers
}

fn layer(provider: &SdkTracerProvider) -> ApiGatewayInferredSpan {
    ApiGatewayInferredSpan::new()
        .enabled(true)
        .tracer_provider(provider)
        .propagator(TraceContextPropagator::new())
        .x_ray(XRay::Defer)
        .allow_domains(["*.example.com"])
        .allow_api_ids(["a1b2c3d4e5"])
        .shared_secret("x-gateway-secret", "open sesame")
        .max_request_age(Duration::from_secs(3_600))
        .accept_if(|request, _| match request.stage() {
            Some("refused") => false,
            Some("panics") => boom(),
            _ => true,
        })
}

const BOOM: &str = "soak: a panic that is meant";

fn boom() -> bool {
    panic::panic_any(BOOM)
}

/// Says nothing of the panics that are meant.
fn keep_panics_quiet() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&BOOM) {
            hook(info);
        }
    }));
}

/// Starts and ends, to the last span.
#[derive(Debug, Default)]
struct Ledger {
    started: AtomicU64,
    ended: AtomicU64,
    open: [Mutex<HashSet<[u8; 8]>>; 16],
    /// How spans ended: stage, `error.type` and status, counted.
    ends: Mutex<BTreeMap<(String, String, i64), u64>>,
    faults: Mutex<Vec<String>>,
}

impl Ledger {
    fn open(&self, id: [u8; 8]) -> &Mutex<HashSet<[u8; 8]>> {
        &self.open[usize::from(id[7]) % self.open.len()]
    }

    fn fault(&self, fault: String) {
        self.faults.lock().expect("not poisoned").push(fault);
    }
}

#[derive(Clone, Debug)]
struct Accountant(Arc<Ledger>);

impl SpanProcessor for Accountant {
    fn on_start(&self, span: &mut Span, _: &Context) {
        let id = span.span_context().span_id().to_bytes();
        self.0.started.fetch_add(1, SeqCst);
        if !self.0.open(id).lock().expect("not poisoned").insert(id) {
            self.0.fault(format!("{id:?} started twice"));
        }
    }

    fn on_end(&self, span: SpanData) {
        let id = span.span_context.span_id().to_bytes();
        self.0.ended.fetch_add(1, SeqCst);
        if !self.0.open(id).lock().expect("not poisoned").remove(&id) {
            self.0.fault(format!("{span:?} ended twice"));
        }
        if span.end_time < span.start_time {
            self.0.fault(format!("{span:?} ended before it started"));
        }
        let attribute = |key: &str| {
            let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
            found.map_or_else(String::new, |pair| pair.value.to_string())
        };
        let status = attribute("http.response.status_code").parse().unwrap_or(0);
        let how = (attribute("stage"), attribute("error.type"), status);
        *self.0.ends.lock().expect("not poisoned").entry(how).or_default() += 1;
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Holds up the batch processor's thread for as long as it is told to.
#[derive(Debug, Default)]
struct Stalling {
    stalled: Arc<AtomicBool>,
    exported: Arc<AtomicU64>,
}

impl SpanExporter for Stalling {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        while self.stalled.load(SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.exported.fetch_add(batch.len() as u64, SeqCst);
        Ok(())
    }
}

/// What the servers saw, counted outside the layer under test.
#[derive(Debug, Default)]
struct Gate {
    reached: Mutex<BTreeMap<String, u64>>,
    in_flight: AtomicU64,
}

struct InFlight(Arc<Gate>);

impl Gate {
    fn reached(&self, expected: &[u8]) {
        let expected = String::from_utf8_lossy(expected).into_owned();
        *self.reached.lock().expect("not poisoned").entry(expected).or_default() += 1;
    }

    fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, SeqCst);
        InFlight(Arc::clone(self))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, SeqCst);
    }
}

fn chunk(_: u64) -> Result<Bytes, std::io::Error> {
    Ok(Bytes::from_static(b"chunk"))
}

/// A chunk now and then, for ever.
fn drip() -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::unfold(0, |n| async move {
        if n > 0 {
            sleep(Duration::from_millis(1)).await;
        }
        Some((chunk(n), n + 1))
    })
}

fn broken() -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::iter([chunk(0), Err(std::io::Error::other("disk on fire"))])
}

fn routes() -> Router {
    let chunks = |n| stream::iter(0..n).map(chunk);
    Router::new()
        .route("/full", get(|| async { "full" }))
        .route("/stream", get(move || async move { Body::from_stream(chunks(3)) }))
        .route("/head", get(|| async { "full" }))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route(
            "/announced",
            get(move || async move { ([(header::CONTENT_LENGTH, "10")], Body::from_stream(chunks(2))) }),
        )
        .route(
            "/trailers",
            get(move || async move {
                let trailers = Ok(Frame::trailers(HeaderMap::new()));
                let frames = chunks(3).map(|chunk| chunk.map(Frame::data));
                Body::new(StreamBody::new(frames.chain(stream::iter([trailers]))))
            }),
        )
        .route("/error", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "no") }))
        .route("/panic", get(|| async { boom().to_string() }))
        .route("/broken", get(|| async { Body::from_stream(broken()) }))
        .route("/upgrade", get(upgrade))
        .route("/leaves-before", get(|| async { pending::<()>().await }))
        .route("/leaves-during", get(|| async { Body::from_stream(drip()) }))
        .route(
            "/leaves-sending",
            any(|body: Body| async {
                match body.collect().await {
                    Ok(_) => (StatusCode::OK, "whole"),
                    Err(_) => (StatusCode::BAD_REQUEST, "cut off"),
                }
            }),
        )
}

async fn upgrade(mut request: Request<Body>) -> Response<Body> {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(timeout(PATIENCE, async move {
        if let Ok(upgraded) = upgraded.await {
            let (mut socket, mut ping) = (TokioIo::new(upgraded), [0; 4]);
            if socket.read_exact(&mut ping).await.is_ok() {
                let _ = socket.write_all(&ping).await;
            }
        }
    }));
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "soak")
        .body(Body::empty())
        .expect("a response")
}

/// The application below the layer under test, with a server's counts outside of it.
fn app(layer: &ApiGatewayInferredSpan, gate: &Arc<Gate>) -> Router {
    let routes = routes();
    let failing = service_fn(move |request: Request<Body>| {
        let routes = routes.clone();
        async move {
            if request.uri().path() == "/fails" {
                return Err::<_, BoxError>("out of order".into());
            }
            Ok(routes.oneshot(request).await?)
        }
    });
    let (layered, gate) = (layer.layer(failing), Arc::clone(gate));
    let counted = service_fn(move |request: Request<Body>| {
        let (mut layered, gate) = (layered.clone(), Arc::clone(&gate));
        async move {
            // Nothing is awaited between the count and the call, so that both see the same requests.
            let in_flight = gate.enter();
            let expected = request.headers().get(EXPECTED);
            gate.reached(expected.map_or(b"", HeaderValue::as_bytes));
            Ok::<_, Infallible>(match layered.call(request).await {
                Ok(response) => response.map(|body| {
                    Body::new(body.map_frame(move |frame| {
                        let _ = &in_flight;
                        frame
                    }))
                }),
                Err(_) => {
                    let mut response = Response::new(Body::empty());
                    *response.status_mut() = StatusCode::BAD_GATEWAY;
                    response
                }
            })
        }
    });
    Router::new().fallback_service(counted)
}

#[cfg(feature = "actix-web")]
fn actix(layer: ApiGatewayInferredSpan, gate: Arc<Gate>) -> support::servers::Server {
    use actix_web::body::{BodyStream, SizedStream};
    use actix_web::dev::Service as _;
    use actix_web::{error, web, App, HttpResponse, HttpServer};

    support::servers::actix(move || {
        let server = HttpServer::new(move || {
            let chunks = |n| stream::iter(0..n).map(chunk);
            let gate = Arc::clone(&gate);
            App::new()
                .route("/full", web::get().to(|| async { "full" }))
                .route("/head", web::head().to(|| async { "full" }))
                .route(
                    "/stream",
                    web::get().to(move || async move { HttpResponse::Ok().body(BodyStream::new(chunks(3))) }),
                )
                .route(
                    "/trailers",
                    web::get().to(move || async move { HttpResponse::Ok().body(BodyStream::new(chunks(3))) }),
                )
                .route(
                    "/announced",
                    web::get().to(move || async move { HttpResponse::Ok().body(SizedStream::new(10, chunks(2))) }),
                )
                .route("/empty", web::get().to(HttpResponse::NoContent))
                .route("/error", web::get().to(|| async { HttpResponse::InternalServerError().body("no") }))
                .route("/panic", web::get().to(|| async { boom().to_string() }))
                .route("/broken", web::get().to(|| async { HttpResponse::Ok().body(BodyStream::new(broken())) }))
                .route(
                    "/leaves-before",
                    web::get().to(|| async {
                        sleep(Duration::from_millis(2)).await;
                        "late"
                    }),
                )
                .route(
                    "/leaves-during",
                    web::get().to(|| async { HttpResponse::Ok().body(BodyStream::new(Box::pin(drip()))) }),
                )
                .route("/leaves-sending", web::post().to(|body: web::Bytes| async move { body.len().to_string() }))
                .wrap_fn(|request, inner| {
                    let fails = request.path() == "/fails";
                    let response = inner.call(request);
                    async move {
                        match fails {
                            true => Err(error::ErrorBadGateway("")),
                            false => response.await,
                        }
                    }
                })
                .wrap(layer.clone())
                .wrap_fn(move |request, inner| {
                    let expected = request.headers().get(EXPECTED);
                    gate.reached(expected.map_or(b"", |value| value.as_bytes()));
                    inner.call(request)
                })
        })
        .workers(1)
        .keep_alive(PATIENCE * 2)
        .disable_signals()
        .bind("127.0.0.1:0")?;
        Ok((server.addrs()[0], server.run()))
    })
}

/// Who sends, and what came of it.
struct Clients {
    seed: u64,
    total: u64,
    axum: SocketAddr,
    actix: Option<SocketAddr>,
    done: AtomicU64,
    stalled: Arc<AtomicBool>,
    latency: [Histogram; 2],
    answered: AtomicU64,
    left: AtomicU64,
    faults: Mutex<Vec<String>>,
}

type RequestBody = BoxBody<Bytes, std::io::Error>;

fn request(kind: Kind, way: Way) -> Request<RequestBody> {
    let path = ["/", kind.name()].concat();
    let body = match kind {
        // A part of what is announced, and then nothing more.
        Kind::LeavesSending => {
            let rest = stream::once(pending());
            let part = stream::iter([chunk(0)]).chain(rest);
            BodyExt::boxed(StreamBody::new(part.map(|chunk| chunk.map(Frame::data))))
        }
        _ => Empty::new().map_err(|never| match never {}).boxed(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = kind.method();
    *request.headers_mut() = headers(kind, way);
    *request.uri_mut() = match way {
        Way::Http2 => format!("http://localhost{path}"),
        _ => path,
    }
    .parse()
    .expect("a path");
    if kind == Kind::LeavesSending {
        let length = HeaderValue::from_static("100");
        request.headers_mut().insert(header::CONTENT_LENGTH, length);
    }
    if kind == Kind::Upgrade {
        let upgrade = HeaderValue::from_static("upgrade");
        request.headers_mut().insert(header::CONNECTION, upgrade);
        let protocol = HeaderValue::from_static("soak");
        request.headers_mut().insert(header::UPGRADE, protocol);
    }
    request
}

/// A connection, closed when it is dropped.
struct Connection<S> {
    sender: S,
    driver: JoinHandle<()>,
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn connect(address: SocketAddr) -> TokioIo<TcpStream> {
    let socket = TcpStream::connect(address).await.expect("connected");
    socket.set_nodelay(true).expect("a socket's option");
    TokioIo::new(socket)
}

async fn connect_http1(address: SocketAddr) -> Connection<http1::SendRequest<RequestBody>> {
    let handshake = http1::handshake(connect(address).await).await;
    let (sender, connection) = handshake.expect("a handshake");
    let driver = tokio::spawn(async move {
        let _ = connection.with_upgrades().await;
    });
    Connection { sender, driver }
}

async fn connect_http2(address: SocketAddr) -> Connection<http2::SendRequest<RequestBody>> {
    let io = connect(address).await;
    let handshake = http2::handshake(TokioExecutor::new(), io).await;
    let (sender, connection) = handshake.expect("a handshake");
    let driver = tokio::spawn(async move {
        let _ = connection.await;
    });
    Connection { sender, driver }
}

/// What the n-th request is like, whoever sends it and whenever: SplitMix64.
fn random(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Connections at a time.
const WORKERS: u64 = 20;
/// Streams of an HTTP/2 connection at a time, and how often so many.
const STREAMS: usize = 8;
const BATCHES: usize = 50;

impl Clients {
    fn way(&self, worker: u64) -> Way {
        match worker % 10 {
            0..=4 => Way::Http1,
            5..=7 => Way::Http2,
            _ if self.actix.is_some() => Way::Actix,
            _ => Way::Http1,
        }
    }

    async fn work(&self, worker: u64) {
        let way = self.way(worker);
        let mine = (worker..self.total).step_by(WORKERS as usize);
        let kinds = mine.map(|n| (Kind::of(random(self.seed, n)), random(!self.seed, n)));
        match way {
            Way::Http2 => {
                let mut kinds = kinds.peekable();
                while kinds.peek().is_some() {
                    // A server may end a connection on which much was cut off.
                    let connection = connect_http2(self.axum).await;
                    for _ in 0..BATCHES {
                        let batch = kinds.by_ref().take(STREAMS).map(|(kind, dice)| {
                            let sender = connection.sender.clone();
                            self.over_http2(sender, kind, dice)
                        });
                        join_all(batch).await;
                    }
                }
            }
            _ => {
                let address = self.actix.filter(|_| way == Way::Actix);
                let address = address.unwrap_or(self.axum);
                let mut connection = None;
                for (kind, dice) in kinds {
                    let kind = match kind {
                        Kind::Upgrade if way == Way::Actix => Kind::Full,
                        kind => kind,
                    };
                    connection = self.over_http1(address, way, connection, kind, dice).await;
                }
            }
        }
    }

    async fn over_http1(
        &self,
        address: SocketAddr,
        way: Way,
        connection: Option<Connection<http1::SendRequest<RequestBody>>>,
        kind: Kind,
        dice: u64,
    ) -> Option<Connection<http1::SendRequest<RequestBody>>> {
        if kind == Kind::HalfAHead {
            self.half_a_head(address).await;
            return connection;
        }
        let usable = connection.filter(|connection| !connection.sender.is_closed());
        let mut connection = match usable {
            Some(connection) => connection,
            None => connect_http1(address).await,
        };
        let goes_on = match connection.sender.ready().await {
            Ok(()) => {
                let response = connection.sender.send_request(request(kind, way));
                self.exchange(kind, dice, response).await
            }
            Err(error) => {
                self.fault(kind, format!("{error:?}"));
                false
            }
        };
        goes_on.then_some(connection)
    }

    async fn over_http2(&self, mut sender: http2::SendRequest<RequestBody>, kind: Kind, dice: u64) {
        match kind {
            Kind::HalfAHead => self.half_a_head(self.axum).await,
            kind => {
                // HTTP/2 knows no upgrades.
                let kind = if kind == Kind::Upgrade { Kind::Full } else { kind };
                match sender.ready().await {
                    Ok(()) => {
                        let response = sender.send_request(request(kind, Way::Http2));
                        self.exchange(kind, dice, response).await;
                    }
                    Err(error) => self.fault(kind, format!("{error:?}")),
                }
            }
        }
    }

    /// Awaits the response or leaves; says whether the connection can be used again.
    async fn exchange(
        &self,
        kind: Kind,
        dice: u64,
        response: impl std::future::Future<Output = hyper::Result<Response<Incoming>>>,
    ) -> bool {
        let stalled = self.stalled.load(SeqCst);
        let sent = Instant::now();
        let goes_on = match kind {
            Kind::LeavesBefore | Kind::LeavesSending => {
                let moment = Duration::from_micros(dice % 2_000);
                let _ = timeout(moment, response).await;
                self.left.fetch_add(1, SeqCst);
                false
            }
            _ => match timeout(PATIENCE, self.receive(kind, response)).await {
                Ok(Ok(goes_on)) => goes_on,
                Ok(Err(fault)) => {
                    self.fault(kind, fault);
                    false
                }
                Err(_) => {
                    self.fault(kind, "no answer in time".to_owned());
                    false
                }
            },
        };
        if kind == Kind::Full {
            self.latency[usize::from(stalled)].record(sent.elapsed());
        }
        self.one_more();
        goes_on
    }

    async fn receive(
        &self,
        kind: Kind,
        response: impl std::future::Future<Output = hyper::Result<Response<Incoming>>>,
    ) -> Result<bool, String> {
        let response = response.await;
        if kind == Kind::Panic {
            return match response {
                Ok(response) => Err(format!("answered {}", response.status())),
                Err(_) => Ok(false),
            };
        }
        if kind == Kind::Broken {
            // The server may close before the head is out.
            let Ok(response) = response else {
                return Ok(false);
            };
            return match response.into_body().collect().await {
                Ok(_) => Err("a whole body".to_owned()),
                Err(_) => Ok(false),
            };
        }
        let mut response = response.map_err(|error| format!("{error:?}"))?;
        if kind == Kind::Upgrade {
            let upgraded = hyper::upgrade::on(&mut response).await;
            let upgraded = upgraded.map_err(|error| format!("{error:?}"))?;
            let (mut socket, mut pong) = (TokioIo::new(upgraded), [0; 4]);
            socket.write_all(b"ping").await.map_err(|error| error.to_string())?;
            socket.read_exact(&mut pong).await.map_err(|error| error.to_string())?;
            return Ok(false);
        }
        let status = response.status().as_u16();
        let mut body = response.into_body();
        if kind == Kind::LeavesDuring {
            let first = body.frame().await;
            self.left.fetch_add(1, SeqCst);
            return match first {
                Some(Ok(_)) => Ok(false),
                other => Err(format!("{other:?}")),
            };
        }
        let whole = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
        let expected = kind.answer().expect("a whole answer");
        if (status, &whole[..]) != (expected.0, expected.1.as_bytes()) {
            return Err(format!("answered {status} {whole:?}"));
        }
        self.answered.fetch_add(1, SeqCst);
        Ok(true)
    }

    async fn half_a_head(&self, address: SocketAddr) {
        let mut socket = TcpStream::connect(address).await.expect("connected");
        let _ = socket.write_all(b"GET /full HTTP/1.1\r\nx-dd-proxy: aws-api").await;
        self.left.fetch_add(1, SeqCst);
        self.one_more();
    }

    /// Every other tenth of the run is with an exporter that stalls.
    fn one_more(&self) {
        let done = self.done.fetch_add(1, SeqCst) + 1;
        self.stalled.store(done * 10 / self.total % 2 == 1, SeqCst);
    }

    fn fault(&self, kind: Kind, fault: String) {
        let mut faults = self.faults.lock().expect("not poisoned");
        faults.push(format!("{kind:?}: {fault}"));
    }
}

/// Times in microseconds, to an eighth of their size.
struct Histogram(Vec<AtomicU64>);

impl Histogram {
    fn new() -> Self {
        Self((0..512).map(|_| AtomicU64::new(0)).collect())
    }

    fn record(&self, time: Duration) {
        let us = (time.as_micros() as u64).max(8);
        let power = us.ilog2();
        let eighth = (us >> (power - 3)) & 7;
        self.0[power as usize * 8 + eighth as usize].fetch_add(1, SeqCst);
    }

    fn quantile(&self, q: f64) -> Duration {
        let counts: Vec<_> = self.0.iter().map(|count| count.load(SeqCst)).collect();
        let rank = (counts.iter().sum::<u64>() as f64 * q) as u64;
        let mut sum = 0;
        let at = counts.iter().position(|count| {
            sum += count;
            sum > rank
        });
        let at = at.unwrap_or(counts.len() - 1) as u64;
        Duration::from_micros((9 + at % 8) << (at / 8).saturating_sub(3))
    }
}

/// Resident memory in KiB; `None` where the system doesn't say.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(default, |value| value.replace('_', "").parse().expect(name))
}

fn runtime(name: &str) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Waits for what must come about.
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_request_is_accounted_for() {
    let total = setting("SOAK_REQUESTS", DEFAULT_REQUESTS);
    let seed = setting("SOAK_SEED", 1);
    keep_panics_quiet();

    let ledger = Arc::new(Ledger::default());
    let exporter = Stalling::default();
    let (stalled, exported) = (Arc::clone(&exporter.stalled), Arc::clone(&exporter.exported));
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_span_processor(Accountant(Arc::clone(&ledger)))
        .with_span_processor(BatchSpanProcessor::builder(exporter).build())
        .build();
    let layer = layer(&provider);
    let gate = Arc::new(Gate::default());

    let servers = runtime("server");
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = servers.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let axum = listener.local_addr().expect("bound");
    let app = app(&layer, &gate);
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    let served = servers.spawn(async move {
        axum::serve(listener, app)
            .with_graceful_shutdown(async {
                let _ = stopped.await;
            })
            .await
    });
    #[cfg(feature = "actix-web")]
    let actix_server = actix(layer.clone(), Arc::clone(&gate));
    #[cfg(feature = "actix-web")]
    let actix = Some(actix_server.address);
    #[cfg(not(feature = "actix-web"))]
    let actix = None;

    let clients = Arc::new(Clients {
        seed,
        total,
        axum,
        actix,
        done: AtomicU64::new(0),
        stalled: Arc::clone(&stalled),
        latency: [Histogram::new(), Histogram::new()],
        answered: AtomicU64::new(0),
        left: AtomicU64::new(0),
        faults: Mutex::default(),
    });
    let begun = Instant::now();
    let sending = runtime("client");
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let clients = Arc::clone(&clients);
            sending.spawn(async move { clients.work(worker).await })
        })
        .collect();

    let bound = Duration::from_secs(60 + total / 500);
    let mut memory = Vec::new();
    while !workers.iter().all(JoinHandle::is_finished) {
        assert!(begun.elapsed() < bound, "not done within {bound:?}");
        memory.extend(resident().map(|kib| (clients.done.load(SeqCst), kib)));
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = begun.elapsed();
    for worker in workers {
        sending.block_on(worker).expect("no worker panics");
    }
    eventually("no client's task is left", || sending.metrics().num_alive_tasks() == 0);
    drop(sending);

    // Clients are gone; what they left behind has to come to its end by itself.
    eventually("no request is in flight", || gate.in_flight.load(SeqCst) == 0);
    let _ = stop.send(());
    servers
        .block_on(async { timeout(PATIENCE, served).await })
        .expect("no connection is left")
        .expect("no panic")
        .expect("served");
    eventually("no server's task is left", || servers.metrics().num_alive_tasks() == 0);
    #[cfg(feature = "actix-web")]
    {
        eventually("no span is left in actix-web", || ledger.ended.load(SeqCst) == ledger.started.load(SeqCst));
        drop(actix_server);
    }
    stalled.store(false, SeqCst);
    provider.shutdown().expect("the rest is exported");

    let report = report(&clients, &ledger, &gate, &layer, &exported, took);
    print!("{report}");
    let flat = memory_report(&memory, total);
    check(&clients, &ledger, &gate, &layer);
    assert!(flat.unwrap_or(true), "memory grows");
}

fn report(
    clients: &Clients,
    ledger: &Ledger,
    gate: &Gate,
    layer: &ApiGatewayInferredSpan,
    exported: &AtomicU64,
    took: Duration,
) -> String {
    let reached = gate.reached.lock().expect("not poisoned");
    let mut text = format!(
        "seed {}; {} requests in {took:.1?} ({:.0}/s): {} answered whole, {} left by their client\n",
        clients.seed,
        clients.total,
        clients.total as f64 / took.as_secs_f64(),
        clients.answered.load(SeqCst),
        clients.left.load(SeqCst),
    );
    let _ = writeln!(
        text,
        "reached the servers: {}, of these without headers: {}",
        reached.values().sum::<u64>(),
        reached.get("none").unwrap_or(&0)
    );
    for (code, count) in layer.stats().iter().filter(|(_, count)| *count > 0) {
        let _ = writeln!(text, "  {code}: {count}");
    }
    let _ = writeln!(
        text,
        "spans started {}, ended {}, exported {}; how they ended:",
        ledger.started.load(SeqCst),
        ledger.ended.load(SeqCst),
        exported.load(SeqCst)
    );
    for ((stage, error, status), count) in ledger.ends.lock().expect("not poisoned").iter() {
        let _ = writeln!(text, "  {stage}: status {status}, error.type {error:?}: {count}");
    }
    for (name, latency) in ["exporter fine", "exporter stalled"].iter().zip(&clients.latency) {
        let _ = writeln!(
            text,
            "{name}: p50 {:.2?}, p99 {:.2?}, p99.9 {:.2?}",
            latency.quantile(0.5),
            latency.quantile(0.99),
            latency.quantile(0.999)
        );
    }
    text
}

/// Compares the first third of the run, after the first tenth of it has warmed up, with the last one.
fn memory_report(memory: &[(u64, u64)], total: u64) -> Option<bool> {
    let mean = |from: u64, to: u64| {
        let within = memory.iter().filter(|(done, _)| (from..=to).contains(done));
        let kib: Vec<_> = within.map(|(_, kib)| *kib).collect();
        (!kib.is_empty()).then(|| kib.iter().sum::<u64>() / kib.len() as u64)
    };
    let (first, last) = (mean(total / 10, total / 3)?, mean(total * 2 / 3, total)?);
    let largest = memory.iter().map(|(_, kib)| kib).max()?;
    println!("resident memory: first third {first} KiB, last third {last} KiB, at most {largest} KiB");
    // A short run is over before allocators and queues have settled.
    Some(total < 200_000 || last < first + first / 10 + 4 * 1024)
}

fn check(clients: &Clients, ledger: &Ledger, gate: &Gate, layer: &ApiGatewayInferredSpan) {
    let faults = clients.faults.lock().expect("not poisoned");
    assert!(faults.is_empty(), "{} faults: {:?}", faults.len(), &faults[..faults.len().min(20)]);
    let faults = ledger.faults.lock().expect("not poisoned");
    assert!(faults.is_empty(), "{} faults: {:?}", faults.len(), &faults[..faults.len().min(20)]);
    assert_eq!(clients.done.load(SeqCst), clients.total);

    let stats = layer.stats();
    let mut reached = gate.reached.lock().expect("not poisoned").clone();
    let without = reached.remove("none").unwrap_or(0);
    let seen: u64 = reached.values().sum();
    let counted: u64 = stats.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, seen, "beside {without} without headers");
    for (code, count) in stats.iter() {
        assert_eq!(reached.remove(code).unwrap_or(0), count, "{code}");
    }
    assert!(reached.is_empty(), "{reached:?}");
    if clients.total >= DEFAULT_REQUESTS {
        assert!(CODES.iter().all(|code| stats.get(code) > 0), "{stats:?}");
    }

    let (started, ended) = (ledger.started.load(SeqCst), ledger.ended.load(SeqCst));
    assert_eq!((started, ended), (stats.accepted(), stats.accepted()));
    for open in &ledger.open {
        let open = open.lock().expect("not poisoned");
        assert!(open.is_empty(), "{} spans are left open", open.len());
    }
    for ((stage, error, status), count) in ledger.ends.lock().expect("not poisoned").iter() {
        let (name, is_actix) = match stage.strip_prefix("actix ") {
            Some(name) => (name, true),
            None => (stage.as_str(), false),
        };
        assert!(Kind::may_end(name, is_actix, error, *status), "{count} spans for {stage} with {error:?} {status}");
    }
    // Every latency is within the patience of a client, which never waits for an exporter.
    let [fine, stalled] = &clients.latency;
    let slowest = fine.quantile(0.99) * 20 + Duration::from_secs(1);
    assert!(stalled.quantile(0.99) < slowest, "a stalled exporter delays requests");
}
