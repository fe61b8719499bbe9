//! Events and headers that nobody should send.

use std::time::{Duration, Instant};

use serde_json::json;
use support::spans::{now_ms, Recorder, Span};

use crate::api::{Call, Invocation};
use crate::events::{self, CLIENT_TRACE};
use crate::functions::{forms, subscriber, Place};
use crate::kinds::layer;

/// An event's JSON with more at its beginning.
fn with(more: &str, event: &serde_json::Value) -> Invocation {
    Invocation::of_bytes(format!("{{{more}{}", &event.to_string()[1..]).into_bytes())
}

#[tokio::test]
async fn no_event_does_harm() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    let _subscriber = subscriber(&recorder.provider);
    let time = now_ms() - 20;
    let http = events::http(time);
    let deep = format!("\"deep\": {}{},", "[".repeat(100_000), "]".repeat(100_000));
    let mut odd = http.clone();
    for key in ["accountId", "apiId", "domainName", "requestId", "timeEpoch"] {
        odd["requestContext"][key] = json!({"a": [1, null]});
    }
    let mut header = http.clone();
    header["headers"]["traceparent"] = json!({"a": 1});
    let mut many = http.clone();
    for number in 0..20_000 {
        many["headers"][format!("X-{number}")] = json!("v");
    }
    let table = [
        (Invocation::of(&http), Some(1)),
        (with(&deep, &http), Some(1)),
        (with("\"requestContext\": {}, ", &http), Some(0)),
        (Invocation::of(&odd), Some(1)),
        (Invocation::of(&header), Some(1)),
        (Invocation::of(&many), Some(1)),
        (Invocation::of_bytes(b"{".to_vec()), Some(0)),
        (Invocation::of_bytes(b"\xff\xfe".to_vec()), Some(0)),
        (Invocation::of_bytes(Vec::new()), Some(0)),
    ];
    for form in forms().filter(|form| form.place != Place::Router) {
        for (invocation, gateways) in &table {
            let calls = form.run(&recorder.provider, &layer, vec![invocation.clone()]).await;
            assert_eq!(calls.len(), 3, "{calls:?}");
            let spans = recorder.ended();
            let found = spans.iter().filter(|span| span.is_gateway()).count();
            assert_eq!(Some(found), *gateways, "{form:?}, {:.200}", String::from_utf8_lossy(&invocation.body));
        }
    }
}

#[tokio::test]
async fn six_megabytes_of_body_cost_little() {
    let recorder = Recorder::new();
    let layer = layer(&recorder);
    let mut event = events::http(now_ms());
    event["body"] = "x\n\u{e4}\"".repeat(1_000_000).into();
    let events = vec![Invocation::of(&event)];
    let form = forms().find(|form| form.place == Place::Runtime && !form.has_function_span).expect("a form");
    let mut took = [false, true].map(|_| Duration::MAX);
    for (place, is_on) in [false, true].into_iter().enumerate() {
        for _ in 0..3 {
            let start = Instant::now();
            form.run(&recorder.provider, &layer.clone().enabled(is_on), events.clone()).await;
            took[place] = took[place].min(start.elapsed());
        }
    }
    println!("6 MB through a function, off and on: {took:?}");
    // lambda_http parses the event at least twice, and copies the body.
    assert!(took[1] < took[0] * 2, "{took:?}");
}

#[tokio::test]
async fn what_clients_claim_in_headers_is_ignored() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder).shared_secret("x-secret", "never sent").record_user(true).record_client_address(true);
    let _subscriber = subscriber(&recorder.provider);
    let mut event = events::http(now_ms() - 20);
    for (name, value) in [
        ("x-dd-proxy", "aws-apigateway"),
        ("x-dd-proxy-request-time-ms", "1000000000000"),
        ("x-dd-proxy-domain-name", "forged.example"),
        ("x-dd-proxy-stage", "forged"),
        ("x-dd-proxy-user", "forged"),
        ("x-dd-proxy-path", "/forged"),
        ("x-amzn-apigateway-api-id", "forged"),
        ("x-amzn-request-context", r#"{"stage": "forged", "httpMethod": "GET", "requestTimeEpoch": 1000000000000}"#),
        ("forwarded", "for=203.0.113.99"),
        ("x-forwarded-for", "203.0.113.99"),
    ] {
        event["headers"][name] = value.into();
    }
    for form in forms() {
        form.run(&recorder.provider, &layer, vec![Invocation::of(&event)]).await;
        let spans = recorder.ended();
        let gateways: Vec<_> = spans.iter().filter(|span| span.is_gateway()).collect();
        let [gateway] = gateways[..] else { panic!("{form:?}: {spans:#?}") };
        let text = gateway.attributes.to_string();
        assert!(!text.contains("forged") && !text.contains("203.0.113.99"), "{form:?}: {text}");
        assert_eq!(gateway.attribute("client.address"), "192.0.2.1");
        assert_eq!(gateway.trace_id.to_string(), CLIENT_TRACE);
    }
}

#[tokio::test]
async fn allow_lists_hold_for_events() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder).allow_domains(["other.example.com"]);
    let _subscriber = subscriber(&recorder.provider);
    let mut rejected = 0;
    for form in forms() {
        form.run(&recorder.provider, &layer, vec![Invocation::of(&events::http(now_ms()))]).await;
        assert!(!recorder.ended().iter().any(Span::is_gateway), "{form:?}");
        // Once, also with two layers.
        rejected += 1;
        assert_eq!(
            layer.stats().rejected(apigateway_inferred_span::RejectionKind::DomainNotAllowed),
            rejected,
            "{form:?}"
        );
    }
}

/// A request within a handler isn't the invocation's, though its context is current.
#[tokio::test]
async fn another_request_within_a_handler_is_another_request() {
    use tower::{Layer as _, ServiceExt as _};

    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    let _subscriber = subscriber(&recorder.provider);
    let form = forms().find(|form| form.place == Place::Both).expect("a form");
    let inner = layer.layer(tower::service_fn(|_: http::Request<()>| async {
        let response = http::Response::builder().status(500).body(http_body_util::Empty::<bytes::Bytes>::new());
        Ok::<_, std::convert::Infallible>(response.expect("a response"))
    }));
    let app = axum::Router::new()
        .fallback(move || {
            let inner = inner.clone();
            async move {
                let request = http::Request::get("/").header("x-dd-proxy", "azure-fd").body(()).expect("a request");
                drop(inner.oneshot(request).await);
                "hello"
            }
        })
        .layer(layer.clone());
    let api = crate::api::Api::start(vec![Invocation::of(&events::http(now_ms()))]).await;
    let calls = api
        .run(|| async {
            lambda_runtime::Runtime::new(lambda_http::Adapter::from(app)).layer(layer.clone()).run().await
        })
        .await;
    assert!(matches!(calls[1], Call::Response(_)), "{form:?}");
    let spans = recorder.ended();
    let [gateway] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!(gateway.attribute("http.response.status_code"), 200);
}

/// Behind a load balancer, a client can send the adapter's header to a function that asks for it, and isn't behind the
/// adapter.
#[tokio::test]
async fn the_adapters_header_counts_for_nothing_beside_an_event() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder).request_context(true);
    let _subscriber = subscriber(&recorder.provider);
    let mut event = events::load_balancer();
    event["headers"]["x-amzn-request-context"] = events::http(now_ms())["requestContext"].to_string().into();
    for form in forms() {
        form.run(&recorder.provider, &layer, vec![Invocation::of(&event)]).await;
        let spans = recorder.ended();
        assert!(spans.iter().any(|span| span.name == "handler"), "{form:?}");
        assert!(!spans.iter().any(Span::is_gateway), "{form:?}: {spans:#?}");
    }
}
