//! When the gateway's span ends, and as what: on a real server, over HTTP/1 and HTTP/2.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::get;
use axum::Router;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{header, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry::trace::Status;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, Notify};
use tokio::task::JoinHandle;
use tower::{service_fn, Layer, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;

use support::requests::RequestBuilder;
use support::spans::{now_ms, Recorder, Span};

/// How long before it is sent the gateway took each request.
const AGE: Duration = Duration::from_millis(150);

/// An application on a loopback port, and the spans of the gateway in front of it.
struct App {
    recorder: Recorder,
    address: std::net::SocketAddr,
    server: JoinHandle<()>,
    /// Awaited and notified by handlers that need it.
    gate: Arc<Notify>,
    sent: SystemTime,
}

impl App {
    async fn start() -> Self {
        Self::with(|layer| layer, |router| router).await
    }

    async fn with(
        configure: impl FnOnce(ApiGatewayInferredSpan) -> ApiGatewayInferredSpan,
        outer: impl FnOnce(Router) -> Router,
    ) -> Self {
        let recorder = Recorder::new();
        let gate = Arc::new(Notify::new());
        let router = routes(&gate).layer(configure(recorder.layer()));
        let router = outer(router);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self {
            recorder,
            address: listener.local_addr().expect("bound"),
            server: tokio::spawn(async move {
                axum::serve(listener, router).await.expect("served");
            }),
            gate,
            sent: SystemTime::now(),
        }
    }

    /// The span that ended for the one request that was sent; fails if there are more.
    async fn only_span(mut self) -> Span {
        let span = self.recorder.next().await;
        self.server.abort();
        let _ = self.server.await;
        let more = self.recorder.ended();
        assert!(more.is_empty(), "ended more than once: {more:?}");

        assert_eq!(span.name, "aws.apigateway");
        assert!(span.start <= self.sent && span.start + AGE * 2 > self.sent);
        assert!(span.end >= self.sent && span.end <= SystemTime::now());
        span
    }
}

fn routes(gate: &Arc<Notify>) -> Router {
    let wait = |gate: &Arc<Notify>| {
        let gate = Arc::clone(gate);
        move || {
            let gate = Arc::clone(&gate);
            async move {
                gate.notify_one();
                pending::<()>().await;
            }
        }
    };
    let chunk = |_| Ok::<_, std::io::Error>(Bytes::from("chunk"));
    Router::new()
        .route("/full", get(|| async { "full" }))
        .route(
            "/stream",
            get({
                let gate = Arc::clone(gate);
                move || async move {
                    let chunks = stream::iter(0..3).then(move |n| {
                        let gate = Arc::clone(&gate);
                        async move {
                            if n == 2 {
                                gate.notified().await;
                            }
                            chunk(n)
                        }
                    });
                    Body::from_stream(chunks)
                }
            }),
        )
        .route(
            "/announced",
            // As a file is served: a stream, and its length beside it.
            get(move || async move {
                let body = Body::from_stream(stream::iter(0..2).map(chunk));
                ([(header::CONTENT_LENGTH, "10")], body)
            }),
        )
        .route("/empty", get(|| async {}))
        .route("/404", get(|| async { StatusCode::NOT_FOUND }))
        .route("/204", get(|| async { StatusCode::NO_CONTENT }))
        .route("/304", get(|| async { (StatusCode::NOT_MODIFIED, "never sent") }))
        .route("/500", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "no") }))
        .route(
            "/broken",
            get(move || async move {
                let failure = Err(std::io::Error::other("disk on fire"));
                let chunks = vec![Ok(Bytes::from("chunk")), failure];
                Body::from_stream(stream::iter(chunks))
            }),
        )
        .route("/endless", get(move || async move { Body::from_stream(stream::repeat(0).map(chunk)) }))
        .route(
            "/trailers",
            get(|| async {
                let frames = [
                    Ok::<_, std::io::Error>(Frame::data(Bytes::from("data"))),
                    Ok(Frame::trailers(http::HeaderMap::new())),
                ];
                Response::new(Body::new(StreamBody::new(stream::iter(frames))))
            }),
        )
        .route("/never", get(wait(gate)))
        .route("/panic", get(|| async { panic_now() }))
        .route("/ws", get(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(|_socket| async {}) }))
}

fn panic_now() {
    panic!("boom");
}

#[derive(Clone, Copy, Debug)]
enum Version {
    Http1,
    Http2,
}

const BOTH: [Version; 2] = [Version::Http1, Version::Http2];

fn request(method: Method, path: &str) -> Request<Empty<Bytes>> {
    aged(method, path, AGE)
}

fn aged(method: Method, path: &str, age: Duration) -> Request<Empty<Bytes>> {
    RequestBuilder::gateway().method(method).uri(&format!("http://localhost{path}")).aged(age).over_http1()
}

/// A connection of its own; the request's future and the task that drives it, which closes it when aborted.
async fn send(
    app: &App,
    version: Version,
    request: Request<Empty<Bytes>>,
) -> (JoinHandle<hyper::Result<Response<Incoming>>>, JoinHandle<()>) {
    let io = TokioIo::new(TcpStream::connect(app.address).await.expect("connected"));
    match version {
        Version::Http1 => {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.expect("a handshake");
            let driver = tokio::spawn(async move {
                let _ = connection.await;
            });
            (tokio::spawn(async move { sender.send_request(request).await }), driver)
        }
        Version::Http2 => {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.expect("a handshake");
            let driver = tokio::spawn(async move {
                let _ = connection.await;
            });
            (tokio::spawn(async move { sender.send_request(request).await }), driver)
        }
    }
}

async fn get_whole(app: &App, version: Version, method: Method, path: &str) -> (StatusCode, Bytes) {
    let (response, _driver) = send(app, version, request(method, path)).await;
    let response = response.await.expect("not aborted").expect("a response");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    (head.status, body)
}

fn assert_fine(span: &Span, status: u16) {
    assert_eq!(span.status, Status::Unset);
    assert_eq!(span.attribute("http.response.status_code"), status);
    assert!(span.attribute("error.type").is_null(), "{span:?}");
    assert!(span.is_as_long_as(AGE));
}

fn assert_failed(span: &Span, error_type: &str, status: Option<u16>) {
    assert!(matches!(span.status, Status::Error { .. }), "{span:?}");
    assert_eq!(span.attribute("error.type"), error_type);
    match status {
        Some(status) => assert_eq!(span.attribute("http.response.status_code"), status),
        None => assert!(span.attribute("http.response.status_code").is_null()),
    }
    assert!(span.is_as_long_as(AGE));
}

#[tokio::test]
async fn whole_responses_end_the_span_once() {
    for version in BOTH {
        for (method, path, status, body) in [
            (Method::GET, "/full", 200, "full"),
            (Method::GET, "/announced", 200, "chunkchunk"),
            (Method::GET, "/trailers", 200, "data"),
            (Method::GET, "/empty", 200, ""),
            (Method::HEAD, "/full", 200, ""),
            (Method::HEAD, "/endless", 200, ""),
            (Method::HEAD, "/announced", 200, ""),
            (Method::GET, "/204", 204, ""),
            (Method::GET, "/304", 304, ""),
            (Method::GET, "/404", 404, ""),
        ] {
            let app = App::with(|layer| layer, |router| router).await;
            let got = get_whole(&app, version, method.clone(), path).await;
            assert_eq!(got.0, status);
            // Over HTTP/2, hyper sends the body even of a 304.
            if status != 304 {
                assert_eq!(got.1, body);
            }
            let span = app.only_span().await;
            assert_fine(&span, status);
            assert!(span.duration() < Duration::from_secs(5), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_stream_is_measured_to_its_end() {
    for version in BOTH {
        let app = App::start().await;
        let (response, _driver) = send(&app, version, request(Method::GET, "/stream")).await;
        let mut body = response.await.unwrap().expect("a response").into_body();
        for _ in 0..2 {
            body.frame().await.expect("a frame").expect("whole");
        }
        let two_chunks_in = SystemTime::now();
        app.gate.notify_one();
        body.collect().await.expect("the rest");

        let span = app.only_span().await;
        assert_fine(&span, 200);
        assert!(span.end >= two_chunks_in, "ended before its stream");
    }
}

#[tokio::test]
async fn an_error_status_is_an_error() {
    let app = App::start().await;
    get_whole(&app, Version::Http1, Method::GET, "/500").await;
    let span = app.only_span().await;
    assert_failed(&span, "500", Some(500));
    assert_eq!(span.status, Status::error(""));

    let app = App::with(|layer| layer.error_statuses([429..=429]), |router| router).await;
    get_whole(&app, Version::Http1, Method::GET, "/500").await;
    assert_fine(&app.only_span().await, 500);
}

#[tokio::test]
async fn a_body_that_fails_is_an_error() {
    for version in BOTH {
        let app = App::start().await;
        let (response, _driver) = send(&app, version, request(Method::GET, "/broken")).await;
        // The server may close before the head is out.
        if let Ok(response) = response.await.unwrap() {
            assert!(response.into_body().collect().await.is_err());
        }
        assert_failed(&app.only_span().await, "body", Some(200));
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_response_cancels() {
    for version in BOTH {
        let app = App::start().await;
        let (response, driver) = send(&app, version, request(Method::GET, "/never")).await;
        app.gate.notified().await;
        response.abort();
        driver.abort();
        assert_failed(&app.only_span().await, "cancelled", None);
    }
}

#[tokio::test]
async fn a_client_that_leaves_amid_the_body_cancels() {
    for version in BOTH {
        let app = App::start().await;
        let (response, driver) = send(&app, version, request(Method::GET, "/endless")).await;
        let mut body = response.await.unwrap().expect("a response").into_body();
        body.frame().await.expect("a frame").expect("whole");
        drop(body);
        driver.abort();
        assert_failed(&app.only_span().await, "cancelled", Some(200));
    }
}

#[tokio::test]
async fn an_http2_reset_cancels() {
    // The connection lives on; only the stream is reset.
    let app = App::start().await;
    let (response, driver) = send(&app, Version::Http2, request(Method::GET, "/never")).await;
    app.gate.notified().await;
    response.abort();
    let span = app.only_span().await;
    assert_failed(&span, "cancelled", None);
    drop(driver);

    let app = App::start().await;
    let (response, driver) = send(&app, Version::Http2, request(Method::GET, "/endless")).await;
    drop(response.await.unwrap().expect("a response"));
    let span = app.only_span().await;
    assert_failed(&span, "cancelled", Some(200));
    drop(driver);
}

#[tokio::test]
async fn a_request_cut_off_after_the_timeout_timed_out() {
    let at = Duration::from_millis;
    for (age, configured, expected, status) in [
        // The gateway cuts off by its own clock, so that a moment earlier it has to be the gateway, too.
        (at(28_800), None, "timeout", Some(504)),
        (at(20_000), None, "cancelled", None),
        (at(9_800), Some(at(10_000)), "timeout", Some(504)),
        (at(28_800), Some(at(60_000)), "cancelled", None),
        // Older than its timeout when it was received: no gateway has sent it now.
        (at(29_001), None, "cancelled", None),
        (at(3_600_000), None, "cancelled", None),
    ] {
        let mut app = App::with(
            |layer| match configured {
                Some(timeout) => layer.integration_timeout(timeout),
                None => layer,
            },
            |router| router,
        )
        .await;
        let (response, driver) = send(&app, Version::Http1, aged(Method::GET, "/never", age)).await;
        app.gate.notified().await;
        response.abort();
        driver.abort();
        let span = app.recorder.next().await;
        assert_failed(&span, expected, status);
        let inferred = span.attribute("inferred_span.status_inferred");
        assert_eq!(inferred.as_bool(), status.map(|_| true), "{age:?}");
        assert!(span.is_as_long_as(age));
    }
}

#[tokio::test]
async fn a_panic_is_told_from_a_cancellation() {
    for version in BOTH {
        let app = App::start().await;
        let (response, _driver) = send(&app, version, request(Method::GET, "/panic")).await;
        assert!(response.await.unwrap().is_err());
        assert_failed(&app.only_span().await, "panic", None);

        // Caught further out: by the time the future is dropped, nothing unwinds any more.
        let app = App::with(|layer| layer, |router| router.layer(CatchPanicLayer::new())).await;
        let (status, _) = get_whole(&app, version, Method::GET, "/panic").await;
        assert_eq!(status, 500);
        assert_failed(&app.only_span().await, "panic", None);
    }
}

#[tokio::test]
async fn a_panic_in_call_leaves_the_thread_clean() {
    let mut recorder = Recorder::new();
    let service = recorder.layer().layer(service_fn(|request: Request<Empty<Bytes>>| {
        assert_eq!(request.uri().path(), "/fine", "boom");
        async { Ok::<_, std::convert::Infallible>(Response::new(Empty::<Bytes>::new())) }
    }));
    let call = |path| {
        let service = service.clone();
        async move { service.oneshot(request(Method::GET, path)).await }
    };
    let panicked = tokio::spawn(call("/panic")).await;
    assert!(panicked.is_err());
    assert_failed(&recorder.ended()[0], "panic", None);

    drop(call("/fine").await);
    assert_fine(&recorder.ended()[0], 200);
}

#[tokio::test]
async fn a_service_that_fails_is_an_error() {
    let mut recorder = Recorder::new();
    let service =
        recorder.layer().layer(service_fn(|_: Request<Empty<Bytes>>| async { Err::<Response<Empty<Bytes>>, _>("no") }));
    let failed = service.oneshot(request(Method::GET, "/")).await;
    assert_eq!(failed.err(), Some("no"));
    let spans = recorder.ended();
    assert_eq!(spans.len(), 1);
    assert_failed(&spans[0], "service", None);
}

#[tokio::test]
async fn an_upgrade_ends_the_span() {
    let app = App::start().await;
    let mut socket = TcpStream::connect(app.address).await.expect("connected");
    let handshake = format!(
        "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         x-dd-proxy: aws-apigateway\r\nx-dd-proxy-request-time-ms: {}\r\n\r\n",
        now_ms() - AGE.as_millis() as u64
    );
    socket.write_all(handshake.as_bytes()).await.expect("sent");
    let mut head = [0; 12];
    socket.read_exact(&mut head).await.expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 101");
    assert_fine(&app.only_span().await, 101);
}

#[tokio::test]
async fn the_end_of_a_body_that_is_held_on_to_ends_the_span() {
    let mut recorder = Recorder::new();
    let service = recorder.layer().layer(service_fn(|_: Request<Empty<Bytes>>| async {
        let chunks = stream::iter(["a", "b"]);
        let frames = chunks.map(|chunk| Ok::<_, std::io::Error>(Frame::data(Bytes::from(chunk))));
        Ok::<_, std::convert::Infallible>(Response::new(StreamBody::new(frames)))
    }));
    let response = service.oneshot(request(Method::GET, "/")).await.unwrap();
    let mut body = response.into_body();
    for _ in 0..2 {
        body.frame().await.expect("a frame").expect("whole");
        assert!(recorder.ended().is_empty());
    }
    assert!(body.frame().await.is_none());
    assert_fine(&recorder.ended()[0], 200);

    assert!(body.frame().await.is_none(), "still at its end");
    assert!(http_body::Body::is_end_stream(&body));
    drop(body);
    assert!(recorder.ended().is_empty(), "ended twice");
}

#[tokio::test]
async fn applied_twice_it_makes_one_span() {
    let mut recorder = Recorder::new();
    let inner = Router::new().route("/x", get(|| async { "x" })).layer(recorder.layer());
    let app = Router::new().nest("/api", inner).layer(recorder.layer());
    let request = request(Method::GET, "/api/x").map(Body::new);
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "x");
    assert_eq!(recorder.ended().len(), 1);
}

#[tokio::test]
async fn a_task_that_keeps_the_context_keeps_no_span_open() {
    let mut recorder = Recorder::new();
    let (release, held) = oneshot::channel::<()>();
    let held = std::sync::Mutex::new(Some(held));
    let service = recorder.layer().layer(service_fn(move |_: Request<Empty<Bytes>>| {
        let context = opentelemetry::Context::current();
        let held = held.lock().unwrap().take();
        tokio::spawn(async move {
            let _ = held.expect("called once").await;
            drop(context);
        });
        async { Ok::<_, std::convert::Infallible>(Response::new(Empty::<Bytes>::new())) }
    }));
    drop(service.oneshot(request(Method::GET, "/")).await);
    assert_fine(&recorder.ended()[0], 200);
    drop(release);
    tokio::task::yield_now().await;
    assert!(recorder.ended().is_empty(), "ended twice");
}

/// What the gateway's span says of a response by a service of one answer.
async fn span_of_answer<B>(
    request: RequestBuilder,
    configure: impl FnOnce(ApiGatewayInferredSpan) -> ApiGatewayInferredSpan,
    answer: impl Fn() -> Response<B> + Clone,
) -> (Span, Vec<Result<Frame<Bytes>, B::Error>>)
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let mut recorder = Recorder::new();
    let service = configure(recorder.layer()).layer(service_fn(move |_: Request<()>| {
        let response = answer();
        async move { Ok::<_, std::convert::Infallible>(response) }
    }));
    let response = service.oneshot(request.body(())).await.expect("infallible");
    let mut body = response.into_body();
    let mut frames = Vec::new();
    while let Some(frame) = body.frame().await {
        frames.push(frame);
    }
    drop(body);
    (recorder.next().await, frames)
}

fn frames(
    list: &'static [Result<&'static str, &'static str>],
) -> Response<impl hyper::body::Body<Data = Bytes, Error = &'static str> + Unpin> {
    let frames = list.iter().map(|frame| frame.map(|data| Frame::data(Bytes::from(data))));
    Response::new(StreamBody::new(stream::iter(frames)))
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_an_error() {
    for (announced, error) in [("10", "body"), ("5", "")] {
        let (span, _) = span_of_answer(
            RequestBuilder::gateway(),
            |layer| layer,
            || {
                let mut response = frames(&[Ok("chunk")]);
                response.headers_mut().insert(header::CONTENT_LENGTH, announced.parse().expect("a length"));
                response
            },
        )
        .await;
        assert_eq!(span.attribute("error.type").as_str().unwrap_or_default(), error, "{announced}");
        assert_eq!(span.attribute("http.response.status_code"), 200);
    }
}

#[tokio::test]
async fn frames_after_an_error_come_through() {
    let (span, received) =
        span_of_answer(RequestBuilder::gateway(), |layer| layer, || frames(&[Ok("a"), Err("no"), Ok("b")])).await;
    assert_eq!(received.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(span.attribute("error.type"), "body");
}

#[tokio::test]
async fn a_response_after_the_timeout_is_an_error_if_it_was_set() {
    let old = || RequestBuilder::gateway().aged(Duration::from_millis(28_900));
    let late = |request: RequestBuilder, configure: fn(ApiGatewayInferredSpan) -> ApiGatewayInferredSpan| async move {
        let mut recorder = Recorder::new();
        let service = configure(recorder.layer()).layer(service_fn(|_: Request<()>| async {
            // The one thing that only time can make true.
            tokio::time::sleep(Duration::from_millis(150)).await;
            Ok::<_, std::convert::Infallible>(Response::new(Empty::<Bytes>::new()))
        }));
        drop(service.oneshot(request.body(())).await);
        recorder.next().await
    };

    let span = late(old(), |layer| layer).await;
    assert_eq!(span.status, Status::Unset);
    assert_eq!(span.attribute("http.response.status_code"), 200);
    assert_eq!(span.attribute("inferred_span.after_timeout"), true);

    let span = late(old(), |layer| layer.integration_timeout(Duration::from_secs(29))).await;
    assert_failed(&span, "timeout", Some(504));
    assert_eq!(span.attribute("inferred_span.status_inferred"), true);

    let http_api = old().set("x-dd-proxy", "aws-httpapi");
    let span = late(http_api, |layer| layer.integration_timeout(Duration::from_secs(29))).await;
    assert_failed(&span, "timeout", Some(503));

    let span = late(old(), |layer| layer.integration_timeout(Duration::from_secs(60))).await;
    assert_eq!(span.status, Status::Unset);
    assert_eq!(span.attribute("http.response.status_code"), 200);
}

#[tokio::test]
async fn grpc_errors_of_the_server_are_errors() {
    for (status, error) in [
        ("0", None),
        ("2", Some("UNKNOWN")),
        ("4", Some("DEADLINE_EXCEEDED")),
        ("5", None),
        ("7", None),
        ("12", Some("UNIMPLEMENTED")),
        ("13", Some("INTERNAL")),
        ("14", Some("UNAVAILABLE")),
        ("15", Some("DATA_LOSS")),
        ("016", None),
        ("", None),
    ] {
        let trailers = http::HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-status"),
            http::HeaderValue::from_static(status),
        )]);
        let in_trailers = trailers.clone();
        let (span, _) = span_of_answer(
            RequestBuilder::gateway(),
            |layer| layer,
            move || {
                let frames =
                    [Ok::<_, &str>(Frame::data(Bytes::from("message"))), Ok(Frame::trailers(in_trailers.clone()))];
                Response::new(StreamBody::new(stream::iter(frames)))
            },
        )
        .await;
        assert_eq!(span.attribute("error.type").as_str(), error, "{status} in trailers");

        let (span, _) = span_of_answer(
            RequestBuilder::gateway(),
            |layer| layer,
            move || {
                let mut response = Response::new(Empty::<Bytes>::new());
                *response.headers_mut() = trailers.clone();
                response
            },
        )
        .await;
        assert_eq!(span.attribute("error.type").as_str(), error, "{status} in the head");
        assert_eq!(span.attribute("http.response.status_code"), 200);
    }
}
