//! When the gateway's span ends in actix-web, and as what, on a real server.

use std::time::Duration;

use actix_web::body::{BodyStream, MessageBody, SizedStream};
use actix_web::dev::Service as _;
use actix_web::{error, web, App, Error, HttpResponse};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use opentelemetry::trace::Status;
use tokio::net::TcpStream;

use support::requests::RequestBuilder;
use support::servers::{exchange, Server};
use support::spans::{Recorder, Span};

const AGE: Duration = Duration::from_millis(150);

fn start(recorder: &Recorder) -> Server {
    let layer = recorder.layer();
    support::actix_server!(move || {
        let chunk = |_| Ok::<_, Error>(Bytes::from("chunk"));
        App::new()
            .route("/full", web::get().to(|| async { "full" }))
            .route("/full", web::head().to(|| async { "full" }))
            .route(
                "/stream",
                web::get()
                    .to(move || async move { HttpResponse::Ok().body(BodyStream::new(stream::iter(0..3).map(chunk))) }),
            )
            .route(
                "/announced",
                web::get().to(move || async move {
                    HttpResponse::Ok().body(SizedStream::new(10, stream::iter(0..2).map(chunk)))
                }),
            )
            .route(
                "/endless",
                web::get()
                    .to(move || async move { HttpResponse::Ok().body(BodyStream::new(stream::repeat(0).map(chunk))) }),
            )
            .route(
                "/broken",
                web::get().to(|| async {
                    let failure = Err(error::ErrorInternalServerError("disk on fire"));
                    let chunks = vec![Ok(Bytes::from("chunk")), failure];
                    HttpResponse::Ok().body(BodyStream::new(stream::iter(chunks)))
                }),
            )
            .route("/empty", web::get().to(HttpResponse::Ok))
            .route(
                "/short",
                web::get().to(move || async move {
                    HttpResponse::Ok().body(SizedStream::new(10, stream::iter(0..1).map(chunk)))
                }),
            )
            .route(
                "/socket",
                web::get().to(move || async move {
                    let open = stream::iter(0..2).map(chunk).chain(stream::pending());
                    HttpResponse::SwitchingProtocols().upgrade("websocket").body(BodyStream::new(open))
                }),
            )
            .route("/204", web::get().to(HttpResponse::NoContent))
            .route("/500", web::get().to(HttpResponse::InternalServerError))
            .route("/err", web::get().to(|| async { Err::<&str, _>(error::ErrorBadGateway("no")) }))
            .route("/panic", web::get().to(|| async { panic_now() }))
            .wrap_fn(|request, inner| {
                let refused = match request.path() {
                    "/refused" => Some(error::ErrorUnauthorized("who are you?")),
                    "/failing" => Some(error::ErrorServiceUnavailable("not now")),
                    _ => None,
                };
                let response = inner.call(request);
                async move {
                    match refused {
                        Some(error) => Err(error),
                        None => response.await.map(|response| response.map_body(|_, body| body.boxed())),
                    }
                }
            })
            .wrap(layer.clone())
            // Twice makes one span.
            .wrap(layer.clone())
    })
}

fn panic_now() -> &'static str {
    panic!("boom");
}

fn request(method: Method, path: &str) -> Request<Empty<Bytes>> {
    RequestBuilder::gateway().set("x-dd-proxy", "aws-httpapi").method(method).uri(path).aged(AGE).over_http1()
}

/// The one span that the request for `path` makes.
async fn span_of(method: Method, path: &str) -> Span {
    let mut recorder = Recorder::new();
    let server = start(&recorder);
    // A body that fails and a handler that panics close the connection.
    let _ = exchange(server.address, request(method, path)).await;
    let span = recorder.next().await;
    drop(server);
    assert!(recorder.ended().is_empty(), "ended more than once");
    assert!(span.is_as_long_as(AGE));
    span
}

#[tokio::test]
async fn whole_responses_end_the_span_once() {
    for (method, path, status) in [
        (Method::GET, "/full", 200),
        (Method::HEAD, "/full", 200),
        (Method::GET, "/stream", 200),
        (Method::GET, "/announced", 200),
        (Method::GET, "/empty", 200),
        (Method::GET, "/204", 204),
        (Method::GET, "/missing", 404),
        (Method::GET, "/refused", 401),
    ] {
        let span = span_of(method, path).await;
        assert_eq!(span.status, Status::Unset, "{path}");
        assert_eq!(span.attribute("http.response.status_code"), status, "{path}");
        assert!(span.attribute("error.type").is_null(), "{path}");
    }
}

#[tokio::test]
async fn errors_are_errors() {
    for (path, error_type, status) in [
        ("/500", "500", Some(500)),
        ("/err", "502", Some(502)),
        ("/failing", "503", Some(503)),
        ("/broken", "body", Some(200)),
        ("/short", "body", Some(200)),
        ("/panic", "panic", None),
    ] {
        let span = span_of(Method::GET, path).await;
        assert!(matches!(span.status, Status::Error { .. }), "{path}");
        assert_eq!(span.attribute("error.type"), error_type, "{path}");
        let found = span.attribute("http.response.status_code").as_u64();
        assert_eq!(found, status, "{path}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_amid_the_body_cancels() {
    let mut recorder = Recorder::new();
    let server = start(&recorder);
    let io = TokioIo::new(TcpStream::connect(server.address).await.expect("connected"));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.expect("a handshake");
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request(Method::GET, "/endless")).await;
    let mut body = response.expect("a response").into_body();
    body.frame().await.expect("a frame").expect("whole");
    drop(body);
    driver.abort();
    let span = recorder.next().await;
    assert_eq!(span.attribute("error.type"), "cancelled");
    assert_eq!(span.attribute("http.response.status_code"), 200);
}

#[tokio::test]
async fn an_upgrade_ends_the_span() {
    let mut recorder = Recorder::new();
    let server = start(&recorder);
    let io = TokioIo::new(TcpStream::connect(server.address).await.expect("connected"));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.expect("a handshake");
    let driver = tokio::spawn(connection.with_upgrades());
    let request = RequestBuilder::gateway().uri("/socket").and("connection", "upgrade").and("upgrade", "websocket");
    let response = sender.send_request(request.aged(AGE).over_http1()).await.expect("a response");
    assert_eq!(response.status(), 101);
    // The socket stays open.
    let span = recorder.next().await;
    assert_eq!(span.attribute("http.response.status_code"), 101);
    assert!(span.attribute("error.type").is_null());
    drop(response);
    driver.abort();
}

/// actix-web can't write the headers of a request whose `HttpRequest` somebody holds, and panics.
#[tokio::test]
async fn a_held_request_is_served() {
    use actix_web::dev::{ServiceRequest, ServiceResponse};
    use actix_web::middleware::{from_fn, Next};
    use actix_web::HttpRequest;

    async fn audit(
        _held: HttpRequest,
        request: ServiceRequest,
        next: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<impl MessageBody>, Error> {
        next.call(request).await
    }

    let mut recorder = Recorder::new();
    let layer = recorder.layer().strip_headers(true);
    let server = support::actix_server!(move || {
        let resource = web::resource("/").route(web::get().to(|| async { "ok" }));
        App::new().service(resource.wrap(layer.clone()).wrap(from_fn(audit)))
    });
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for _ in 0..3 {
        let request = RequestBuilder::gateway().and("traceparent", traceparent).over_http1();
        let response = exchange(server.address, request).await.expect("served");
        assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"ok"[..]));
        let span = recorder.next().await;
        assert_eq!(span.parent.to_string(), "00f067aa0ba902b7");
    }
}

#[tokio::test]
async fn applied_twice_it_makes_one_span() {
    let mut recorder = Recorder::new();
    let (outer, inner) = (recorder.layer(), recorder.layer());
    let (wraps, nested) = (outer.clone(), inner.clone());
    let server = support::actix_server!(move || {
        let scope = web::scope("/api").route("/x", web::get().to(|| async { "x" })).wrap(nested.clone());
        App::new().service(scope).wrap(wraps.clone())
    });
    let request = RequestBuilder::gateway().uri("/api/x").over_http1();
    assert_eq!(exchange(server.address, request).await.expect("served").body(), "x");
    assert!(recorder.next().await.is_gateway());
    assert!(recorder.ended().is_empty());
    assert_eq!(outer.stats().accepted(), 1);
    assert!(inner.stats().iter().all(|(_, count)| count == 0));
}

/// A handler asks a service in this process, with a layer of its own, for what another gateway's request wants.
#[test]
fn another_request_within_a_request_is_judged_by_itself() {
    use actix_web::dev::Service as _;
    use actix_web::test::{call_and_read_body, init_service};
    use apigateway_inferred_span::InferredSpan;
    use std::rc::Rc;

    let mut recorder = Recorder::new();
    let layer = recorder.layer().strip_headers(true);
    actix_web::rt::System::new().block_on(async {
        let stage = |inferred_span: web::ReqData<InferredSpan>| {
            let stage = inferred_span.request().stage().map(str::to_owned);
            async move { stage.unwrap_or_default() }
        };
        let inner = init_service(App::new().route("/", web::get().to(stage)).wrap(layer.clone())).await;
        let inner = Rc::new(inner);
        let asks = move || {
            let inner = Rc::clone(&inner);
            async move {
                let request = RequestBuilder::gateway().and("x-dd-proxy-stage", "inner").actix().to_request();
                inner.call(request).await.expect("a response").map_into_boxed_body().into_parts().1.into_body()
            }
        };
        let asks = move || {
            let body = asks();
            async move { actix_web::HttpResponse::Ok().body(body.await) }
        };
        let outer = init_service(App::new().route("/", web::get().to(asks)).wrap(layer.clone())).await;
        let request = RequestBuilder::gateway().and("x-dd-proxy-stage", "outer").actix().to_request();
        assert_eq!(call_and_read_body(&outer, request).await, "inner");
    });
    let mut stages: Vec<_> = recorder.ended().iter().map(|span| span.attribute("stage").to_string()).collect();
    stages.sort();
    assert_eq!(stages, ["\"inner\"", "\"outer\""]);
    assert_eq!(layer.stats().accepted(), 2);
}

/// One request that can't be written must not keep a secret in the next.
#[test]
fn what_is_to_be_stripped_goes_from_the_next_request() {
    use actix_web::dev::{fn_service, Service as _, ServiceRequest, Transform as _};
    use actix_web::HttpResponse;
    use futures_util::FutureExt as _;
    use std::cell::RefCell;
    use std::rc::Rc;

    let recorder = Recorder::new();
    let layer = recorder.layer().strip_headers(true).shared_secret("x-secret", "sesame");
    let seen = Rc::new(RefCell::new(Vec::new()));
    let sees = Rc::clone(&seen);
    let service = fn_service(move |request: ServiceRequest| {
        sees.borrow_mut().push(request.headers().contains_key("x-secret"));
        async { Ok::<_, Error>(request.into_response(HttpResponse::Ok().finish())) }
    });
    let service = layer.new_transform(service).into_inner().expect("infallible");
    for is_held in [true, false, false] {
        let request = RequestBuilder::gateway().and("x-secret", "sesame").actix().to_srv_request();
        let held = is_held.then(|| request.request().clone());
        drop(service.call(request).now_or_never().expect("at once").expect("a response"));
        drop(held);
    }
    assert_eq!(*seen.borrow(), [true, false, false]);
}
