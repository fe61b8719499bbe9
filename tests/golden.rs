//! The requests Datadog's other tracers were asked, asked of ours over real HTTP: the same gateway spans.

mod support;

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use axum::Router;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry::Context;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tokio::net::{TcpListener, TcpStream};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tracing_subscriber::layer::SubscriberExt;

use support::datadog::DatadogPropagator;
use support::golden::{assert_all_used, compare, low_64_bits, Golden};
use support::spans::Recorder;

/// The application of the golden runs.
fn routes() -> Router {
    Router::new()
        .route("/ok", get(|| async { "ok" }))
        .route("/users/{id}", get(|Path(id): Path<String>| async { id }))
        .route("/err", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/notfound", get(|| async { StatusCode::NOT_FOUND }))
        .route("/throw", get(|| async { throw() }))
        .route("/slow", get(|| async { pause(300).await }))
        .route(
            "/stream",
            get(|| async {
                let chunks = stream::iter(0..4).then(|_| async {
                    pause(100).await;
                    Ok::<_, Infallible>(Bytes::from("chunk"))
                });
                Body::from_stream(chunks)
            }),
        )
        .layer(axum::middleware::map_response(show_trace))
}

async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn throw() {
    panic!("boom");
}

/// Tells the client which trace the handler was in.
async fn show_trace(mut response: Response<Body>) -> Response<Body> {
    let span = Context::current().span().span_context().clone();
    let shown = format!("{} {}", low_64_bits(span.trace_id()), span.is_sampled());
    let shown = shown.parse().expect("ASCII");
    response.headers_mut().insert("x-trace", shown);
    response
}

#[tokio::test]
async fn golden_requests_give_the_spans_of_the_peers() {
    let mut recorder = Recorder::new();
    let tracing = tracing_opentelemetry::layer().with_tracer(recorder.provider.tracer("app"));
    // This test's one thread runs the server too.
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(tracing));

    let propagator = TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(DatadogPropagator::new()),
    ]);
    let app = routes()
        .layer(CatchPanicLayer::new())
        .layer(
            TraceLayer::new_for_http().make_span_with(|_: &http::Request<Body>| {
                tracing::info_span!("server", otel.kind = "server")
            }),
        )
        .layer(recorder.layer().propagator(propagator));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let golden = Golden::read();
    let mut used = Vec::new();
    for request in &golden.requests {
        let (sent, time) = request.now(&address, Empty::<Bytes>::new());
        let response = exchange(&address, sent).await;

        let mut spans = Vec::new();
        if request.is_sampled() {
            // The server's span ends last or last but one.
            while !spans
                .iter()
                .any(|span: &support::spans::Span| span.name == "server")
            {
                spans.push(recorder.next().await);
            }
        }
        spans.extend(recorder.ended());
        let gateway: Vec<_> = spans.iter().filter(|span| span.is_gateway()).collect();
        let server: Vec<_> = spans.iter().filter(|span| span.name == "server").collect();
        assert!(gateway.len() <= 1, "{}: {gateway:?}", request.id);

        used.extend(compare(&golden, request, gateway.first().copied()));
        if let (Some(gateway), [server]) = (gateway.first(), &server[..]) {
            assert_eq!(server.parent, gateway.span_id, "{}", request.id);
            assert_eq!(server.trace_id, gateway.trace_id, "{}", request.id);
            assert!(gateway.start <= server.start && server.end <= gateway.end);
            if let Some(time) = time {
                assert_eq!(gateway.start_ms(), time, "{}", request.id);
            }
        } else {
            assert_eq!(
                server.len(),
                usize::from(request.is_sampled()),
                "{}",
                request.id
            );
        }
        match request.id.as_str() {
            "w3c-unsampled" => assert_eq!(response, "11803532876627986231 false"),
            "dd-prop-prio-neg1" => assert_eq!(response, "1234567890123456790 false"),
            "dd-prop-prio2" => assert_eq!(response, "1234567890123456789 true"),
            _ => {}
        }
    }
    assert_all_used(&used);
    assert_eq!(golden.requests.len(), 18);
    server.abort();
}

/// Sends the request, reads the whole response, and gives the trace that the application says it was in.
async fn exchange(address: &str, request: http::Request<Empty<Bytes>>) -> String {
    let io = TokioIo::new(TcpStream::connect(address).await.expect("connected"));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
        .await
        .expect("a handshake");
    let driver = tokio::spawn(connection);
    let response: Response<Incoming> = sender.send_request(request).await.expect("a response");
    let (head, body) = response.into_parts();
    body.collect().await.expect("a whole body");
    driver.abort();
    let trace = head.headers.get("x-trace");
    trace.map_or_else(String::new, |trace| {
        trace.to_str().expect("ASCII").to_owned()
    })
}
