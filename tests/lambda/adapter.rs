//! The third way: an ordinary server behind the Lambda Web Adapter, which sends the event's context in a header.

use apigateway_inferred_span::ApiGatewayInferredSpan;
use http::Request;
use http_body_util::Empty;
use lambda_http::request::{LambdaRequest, RequestContext};
use opentelemetry::trace::SpanId;
use serde_json::Value;
use support::servers::{self, exchange};
use support::spans::{now_ms, Recorder, Span};

use crate::api::TRACE_ID;
use crate::events::{self, attributes, CLIENT_SPAN, CLIENT_TRACE, KINDS};
use crate::functions::{router, subscriber, Server};
use crate::kinds::{layer, line};

const HEADER: &str = "x-amzn-request-context";

/// The header as the adapter makes it: of the structures of `lambda_http`.
fn header(event: &Value) -> String {
    let request: LambdaRequest = serde_json::from_str(&event.to_string()).expect("a request");
    let request: lambda_http::Request = request.into();
    let context = request.extensions().get::<RequestContext>().expect("a context");
    serde_json::to_string(context).expect("JSON")
}

/// The request that the adapter sends for an event.
fn request(headers: &[(&str, &str)]) -> Request<Empty<bytes::Bytes>> {
    let traceparent = format!("00-{CLIENT_TRACE}-{CLIENT_SPAN}-01");
    let request = Request::get("/users/42")
        .header("host", "127.0.0.1:8080")
        .header("traceparent", traceparent)
        .header("x-amzn-trace-id", TRACE_ID)
        .header("x-dd-proxy", "azure-fd");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Empty::new()).expect("a request")
}

/// The spans of a request with these headers.
async fn spans(recorder: &mut Recorder, layer: ApiGatewayInferredSpan, headers: &[(&str, &str)]) -> Vec<Span> {
    let server = servers::axum(router(&recorder.provider, Server::TraceLayer).layer(layer)).await;
    let response = exchange(server.address, request(headers)).await.expect("a response");
    assert_eq!(response.body(), "hello");
    recorder.ended()
}

#[tokio::test]
async fn the_header_gives_the_same_span_as_the_event() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder).request_context(true);
    let _subscriber = subscriber(&recorder.provider);
    // The adapter passes on WebSocket events without their context.
    for (kind, event) in KINDS.into_iter().filter(|(kind, _)| *kind != "web_socket") {
        let time = now_ms() - 120;
        let spans = spans(&mut recorder, layer.clone(), &[(HEADER, &header(&event(time)))]).await;
        let gateway = spans.iter().find(|span| span.is_gateway()).unwrap_or_else(|| panic!("{kind}: {spans:#?}"));
        let mut expected = attributes(kind);
        expected["http.response.status_code"] = 200.into();
        assert_eq!(gateway.attributes, expected, "{kind}");
        assert_eq!(gateway.start_ms(), time);
        assert_eq!(
            (gateway.trace_id.to_string(), gateway.parent.to_string()),
            (CLIENT_TRACE.into(), CLIENT_SPAN.into())
        );
        assert_eq!(line(&spans, "handler"), format!("client > {} > GET > handler", gateway.name));
    }
}

#[tokio::test]
async fn the_header_counts_only_where_it_is_asked_for_and_once() {
    let mut recorder = Recorder::new();
    let plain = layer(&recorder);
    let asked = plain.clone().request_context(true);
    let _subscriber = subscriber(&recorder.provider);
    let good = header(&events::http(now_ms()));
    let padded = format!("{{\"padding\": \"{}\", {}", "x".repeat(64 * 1024), &good[1..]);
    let load_balancer = header(&events::load_balancer());
    for (layer, headers) in [
        (&plain, &[(HEADER, good.as_str())][..]),
        (&asked, &[]),
        (&asked, &[(HEADER, "null")]),
        (&asked, &[(HEADER, "")]),
        (&asked, &[(HEADER, "{}")]),
        (&asked, &[(HEADER, &good[1..])]),
        (&asked, &[(HEADER, &padded)]),
        (&asked, &[(HEADER, &load_balancer)]),
        (&asked, &[(HEADER, &good), (HEADER, &good)]),
    ] {
        let spans = spans(&mut recorder, layer.clone(), headers).await;
        assert_eq!(spans.len(), 2, "{headers:?}: {spans:#?}");
        assert!(spans.iter().all(|span| !span.is_gateway()), "{headers:?}");
        assert_ne!(spans[0].parent, SpanId::INVALID);
    }
    let spans = spans(&mut recorder, asked, &[(HEADER, &good)]).await;
    assert!(spans.iter().any(Span::is_gateway));
}

#[cfg(feature = "actix-web")]
#[tokio::test]
async fn actix_web_behind_the_adapter_has_the_span_too() {
    use actix_web::{web, App};

    let mut recorder = Recorder::new();
    let layer = layer(&recorder).request_context(true);
    let server = support::actix_server!(move || {
        App::new().default_service(web::to(|| async { "hello" })).wrap(layer.clone())
    });
    let time = now_ms() - 20;
    let header = header(&events::rest(time));
    exchange(server.address, request(&[(HEADER, &header)])).await.expect("a response");
    exchange(server.address, request(&[])).await.expect("a response");
    let spans = recorder.ended();
    let [gateway] = &spans[..] else { panic!("{spans:#?}") };
    let mut expected = attributes("rest");
    expected["http.response.status_code"] = 200.into();
    assert_eq!((&gateway.attributes, gateway.start_ms()), (&expected, time));
}
