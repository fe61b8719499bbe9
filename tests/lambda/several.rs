//! Several layers in one function: whatever is between them, they make one span.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::Router;
use http::Response;
use lambda_http::{service_fn, Adapter, Request};
use lambda_runtime::{LambdaEvent, Runtime};
use serde_json::{json, Value};
use support::log::Log;
use support::spans::{now_ms, Recorder, Span};
use tower::{Layer as _, ServiceExt as _};
use tracing::Instrument as _;

use crate::api::{Api, Invocation};
use crate::events;
use crate::functions::{router, subscriber, Server};
use crate::kinds::{layer, line};

async fn api() -> Api {
    Api::start(vec![Invocation::of(&events::http(now_ms() - 20))]).await
}

/// The only gateway's span.
fn gateway(spans: &[Span]) -> &Span {
    let gateways: Vec<_> = spans.iter().filter(|span| span.is_gateway()).collect();
    let [gateway] = gateways[..] else { panic!("{spans:#?}") };
    gateway
}

/// A layer, and how often it has flushed.
fn counted(layer: ApiGatewayInferredSpan) -> (ApiGatewayInferredSpan, Arc<AtomicUsize>) {
    let flushed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&flushed);
    let layer = layer.flush(move || {
        count.fetch_add(1, SeqCst);
    });
    (layer, flushed)
}

/// What may stand between the layer on the runtime and the one on the router.
#[derive(Clone, Copy, Debug)]
enum Between {
    Nothing,
    AnotherTask,
    ASpanOfTheStart,
}

#[tokio::test]
async fn the_router_finds_the_exchange_of_the_runtime_whatever_is_between() {
    for between in [Between::Nothing, Between::AnotherTask, Between::ASpanOfTheStart] {
        let mut recorder = Recorder::new();
        let (layer, flushed) = counted(layer(&recorder));
        let _subscriber = subscriber(&recorder.provider);
        let span = tracing::info_span!(target: "otel", "start");
        span.in_scope(|| ());
        let app = router(&recorder.provider, Server::TraceLayer).layer(layer.clone());
        let app = service_fn(move |request: Request| {
            let (app, span) = (app.clone(), span.clone());
            async move {
                let answer = app.oneshot(request);
                match between {
                    Between::Nothing => answer.await,
                    Between::AnotherTask => tokio::spawn(answer).await.expect("no panic"),
                    Between::ASpanOfTheStart => answer.instrument(span).await,
                }
            }
        });
        let runtime = layer.clone();
        api().await.run(|| async { Runtime::new(Adapter::from(app)).layer(runtime).run().await }).await;
        let spans = recorder.ended();
        assert_eq!(gateway(&spans).attribute("http.response.status_code"), 200, "{between:?}");
        let server = spans.iter().find(|span| span.name == "GET").expect("a server's span");
        assert_eq!(server.parent, gateway(&spans).span_id, "{between:?}");
        // `TraceLayer`'s span isn't current in another task.
        if !matches!(between, Between::AnotherTask) {
            assert_eq!(line(&spans, "handler"), "client > aws.httpapi > GET > handler", "{between:?}");
        }
        assert_eq!((layer.stats().accepted(), flushed.load(SeqCst)), (1, 1), "{between:?}");
    }
}

#[tokio::test]
async fn twice_in_one_place_is_once() {
    let mut recorder = Recorder::new();
    for on_runtime in [false, true] {
        let (layer, flushed) = counted(layer(&recorder));
        let app = router(&recorder.provider, Server::TraceLayer).layer(layer.clone()).layer(layer.clone());
        let (first, second) = (layer.clone(), layer.clone());
        let api = api().await;
        match on_runtime {
            false => api.run(|| lambda_http::run(app)).await,
            true => api.run(|| async { Runtime::new(Adapter::from(app)).layer(first).layer(second).run().await }).await,
        };
        let spans = recorder.ended();
        assert_eq!(gateway(&spans).attribute("http.response.status_code"), 200);
        assert_eq!((layer.stats().accepted(), flushed.load(SeqCst)), (1, 1));
    }
}

#[tokio::test]
async fn of_several_attempts_the_last_one_counts() {
    for (statuses, error) in [([500, 200], Value::Null), ([200, 500], json!("500"))] {
        let mut recorder = Recorder::new();
        let layer = layer(&recorder);
        let attempts = Arc::new(AtomicUsize::new(0));
        let app = layer.layer(service_fn(move |_: Request| {
            let status = statuses[attempts.fetch_add(1, SeqCst)];
            let response = Response::builder().status(status).body("body".to_owned()).expect("a response");
            async move { Ok::<_, Infallible>(response) }
        }));
        let app = service_fn(move |request: Request| {
            let app = app.clone();
            async move {
                drop(app.clone().oneshot(request.clone()).await);
                app.oneshot(request).await
            }
        });
        api().await.run(|| async { Runtime::new(Adapter::from(app)).layer(layer).run().await }).await;
        let spans = recorder.ended();
        let found = (gateway(&spans).attribute("http.response.status_code"), gateway(&spans).attribute("error.type"));
        assert_eq!(found, (&json!(statuses[1]), &error));
    }
}

/// Layers that were made apart: what only the router's one was told.
#[tokio::test]
async fn another_layer_on_the_router_flushes_if_that_of_the_runtime_doesnt() {
    let log = Log::collect();
    let mut recorder = Recorder::new();
    let runtime = layer(&recorder);
    let (on_router, flushed) = counted(layer(&recorder));
    let app = router(&recorder.provider, Server::TraceLayer).layer(on_router);
    api().await.run(|| async { Runtime::new(Adapter::from(app)).layer(runtime).run().await }).await;
    assert_eq!(gateway(&recorder.ended()).attribute("http.response.status_code"), 200);
    assert_eq!(flushed.load(SeqCst), 1);
    let said = log.lines().iter().filter(|line| line.contains("aren't clones of one another")).count();
    assert_eq!(said, 1);
}

/// A layer round a handler says that it needs another one.
#[tokio::test]
async fn round_a_handler_alone_it_says_what_is_missing() {
    let log = Log::collect();
    let recorder = Recorder::new();
    let handler = layer(&recorder).layer(lambda_runtime::service_fn(|event: LambdaEvent<Value>| async move {
        Ok::<_, lambda_runtime::Error>(event.payload)
    }));
    api().await.run(|| async { Runtime::new(handler).run().await }).await;
    let lines = log.lines();
    assert!(lines.iter().any(|line| line.contains("needs the same layer on the runtime")), "{lines:?}");
}

/// What the application calls within its process is no request of the gateway's, and no mistake either.
#[tokio::test]
async fn calls_within_the_process_are_left_alone() {
    let log = Log::collect();
    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    let inner = layer.layer(service_fn(|_: http::Request<()>| async {
        Ok::<_, Infallible>(Response::new(http_body_util::Empty::<bytes::Bytes>::new()))
    }));
    let app = Router::new().fallback(move || {
        let inner = inner.clone();
        async move { drop(inner.oneshot(http::Request::new(())).await) }
    });
    let app = app.layer(layer.clone());
    api().await.run(|| async { Runtime::new(Adapter::from(app)).layer(layer).run().await }).await;
    gateway(&recorder.ended());
    assert!(!log.lines().iter().any(|line| line.contains("no gateway span")), "{:?}", log.lines());
}
