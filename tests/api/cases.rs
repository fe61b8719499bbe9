//! Every row of the table of edge cases: what span it makes, that the request is served untouched, and that the
//! application keeps its own trace.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use apigateway_inferred_span::{InferredSpan, ProxyRequest};
use axum::routing::get;
use axum::{Extension, Router};
use http::HeaderMap;
use opentelemetry::trace::{SpanId, SpanKind, Status, Tracer as _, TracerProvider as _};
use serde_json::json;

use support::cases::{cases, Case, Expected, Start};
use support::servers::{self, exchange, Server};
use support::spans::{millis, Recorder, Span};

/// What the application saw last.
#[derive(Default)]
struct View {
    headers: Vec<(String, Vec<u8>)>,
    inferred_span: Option<InferredSpan>,
}

type Seen = Arc<Mutex<View>>;

fn axum_app(recorder: &Recorder, seen: &Seen) -> Router {
    let (seen, provider) = (Arc::clone(seen), recorder.provider.clone());
    let handler = move |headers: HeaderMap, inferred_span: Option<Extension<InferredSpan>>| async move {
        drop(provider.tracer("app").start("handler"));
        let pairs = headers.iter();
        *seen.lock().unwrap() = View {
            headers: pairs.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
            inferred_span: inferred_span.map(|Extension(inferred_span)| inferred_span),
        };
        "ok"
    };
    Router::new().route("/", get(handler)).layer(recorder.layer())
}

#[tokio::test]
async fn every_case_gives_its_span_in_axum() {
    let (recorder, seen) = (Recorder::new(), Seen::default());
    let server = servers::axum(axum_app(&recorder, &seen)).await;
    check_all(&server, recorder, &seen, true).await;
}

#[cfg(feature = "actix-web")]
#[tokio::test]
async fn every_case_gives_its_span_in_actix_web() {
    use actix_web::web::{self, ReqData};
    use actix_web::{App, HttpRequest};

    let (recorder, seen) = (Recorder::new(), Seen::default());
    let (layer, sees, provider) = (recorder.layer(), Arc::clone(&seen), recorder.provider.clone());
    let server = support::actix_server!(move || {
        let (seen, provider) = (Arc::clone(&sees), provider.clone());
        let handler = move |request: HttpRequest, inferred_span: Option<ReqData<InferredSpan>>| {
            drop(provider.tracer("app").start("handler"));
            let pairs = request.headers().iter();
            *seen.lock().unwrap() = View {
                headers: pairs.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
                inferred_span: inferred_span.map(ReqData::into_inner),
            };
            async { "ok" }
        };
        App::new().route("/", web::get().to(handler)).wrap(layer.clone())
    });
    check_all(&server, recorder, &seen, false).await;
}

/// `adds_headers`: the layer adds the trace context that the client didn't send.
async fn check_all(server: &Server, mut recorder: Recorder, seen: &Seen, adds_headers: bool) {
    for case in cases() {
        let before = SystemTime::now();
        let response = exchange(server.address, case.request.over_http1()).await.expect("a response");
        assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"ok"[..]));

        let handler = recorder.next().await;
        let mut spans = Vec::new();
        if matches!(case.expected, Expected::Span { .. }) {
            spans.push(recorder.next().await);
        }
        spans.extend(recorder.ended());
        check(&case, &spans, before);
        assert_eq!(handler.name, "handler", "{}", case.describe());
        let parent = spans.first().map_or(SpanId::INVALID, |gateway| gateway.span_id);
        assert_eq!(handler.parent, parent, "{}", case.describe());
        let View { mut headers, inferred_span } = std::mem::take(&mut *seen.lock().unwrap());
        let added = headers.iter().position(|(name, _)| name == "traceparent").map(|at| headers.remove(at).1);
        let traceparent = |span: &Span| format!("00-{}-{}-01", span.trace_id, span.span_id).into_bytes();
        assert_eq!(added, spans.first().filter(|_| adds_headers).map(traceparent), "{}", case.describe());
        assert_same_headers(&case, headers);
        check_inferred_span(&case, inferred_span.as_ref(), spans.first());
    }
}

/// The request carries the span, and what the gateway said of the request.
fn check_inferred_span(case: &Case, carried: Option<&InferredSpan>, span: Option<&Span>) {
    let (Some(carried), Some(span)) = (carried, span) else {
        return assert!(carried.is_none() && span.is_none(), "{}", case.describe());
    };
    assert_eq!(
        (carried.span_context().trace_id(), carried.span_context().span_id()),
        (span.trace_id, span.span_id),
        "{}",
        case.describe()
    );
    let headers = case.request.header_map();
    assert_eq!(ProxyRequest::from_headers(&headers), Ok(Some(carried.request())), "{}", case.describe());
}

/// What the application sees is what was sent, but for the spaces around values that HTTP/1 doesn't keep.
fn assert_same_headers(case: &Case, mut seen: Vec<(String, Vec<u8>)>) {
    seen.retain(|(name, _)| name != "host");
    let mut sent: Vec<_> =
        case.request.headers().iter().map(|(name, value)| (name.to_lowercase(), trim(value).to_vec())).collect();
    seen.sort();
    sent.sort();
    assert_eq!(seen, sent, "{}: headers were changed", case.describe());
}

#[test]
fn every_case_reads_the_same_in_a_handler() {
    for case in cases() {
        let headers = case.request.header_map();
        let read = ProxyRequest::from_headers(&headers);
        match &case.expected {
            Expected::NoSpan(None) => assert_eq!(read, Ok(None), "{}", case.describe()),
            Expected::NoSpan(Some(reason)) => {
                assert_eq!(read.as_ref(), Err(reason), "{}", case.describe());
            }
            Expected::Span { attributes, .. } => {
                let request = read.expect(case.name).expect(case.name);
                assert_eq!(json!(request.proxy().as_str()), attributes["component"]);
                assert_eq!(json!(request.stage()), attributes["stage"]);
                assert_eq!(json!(request.domain()), attributes["server.address"]);
                assert_eq!(json!(request.path()), attributes["url.path"]);
                assert_eq!(json!(request.route()), attributes["http.route"]);
                assert_eq!(json!(request.region()), attributes["region"]);
                assert_eq!(json!(request.api_id()), attributes["apiid"]);
                assert_eq!(json!(request.account_id()), attributes["account_id"]);
            }
        }
    }
}

#[test]
fn headers_are_read_from_any_pairs() {
    let pairs =
        [("X-DD-Proxy", "aws-httpapi"), ("X-DD-Proxy-Request-Time-Ms", "1729780025473"), ("X-Dd-Proxy-Stage", "prod")];
    let request = ProxyRequest::from_headers(pairs).expect("readable").expect("there");
    assert_eq!(request.stage(), Some("prod"));
    assert_eq!(request.user(), None);
}

#[test]
fn without_a_proxy_the_other_headers_may_be_anything() {
    let twice = [("x-dd-proxy-stage", "a"), ("x-dd-proxy-stage", "b")];
    assert_eq!(ProxyRequest::from_headers(twice), Ok(None));
}

#[test]
fn reasons_say_what_was_expected_and_found() {
    let reason = |pairs: &[(&str, &str)]| {
        let read = ProxyRequest::from_headers(pairs.iter().copied());
        read.expect_err("unusable").to_string()
    };
    let aws = ("x-dd-proxy", "aws-apigateway");
    assert_eq!(reason(&[aws]), "header x-dd-proxy-request-time-ms is missing");
    assert_eq!(
        reason(&[("x-dd-proxy", "a\"b")]),
        "header x-dd-proxy should be one of aws-apigateway, aws-httpapi, azure-apim, azure-gw, azure-fd, \
         found \"a\\\"b\""
    );
    assert_eq!(
        reason(&[aws, ("x-dd-proxy-request-time-ms", "abc")]),
        "header x-dd-proxy-request-time-ms should be milliseconds since 1970 in decimal digits, found \"abc\""
    );
    assert_eq!(
        reason(&[aws, ("x-dd-proxy-request-time-ms", "0")]),
        "header x-dd-proxy-request-time-ms should be milliseconds since 1970 (13 digits today), found \"0\""
    );
    assert_eq!(
        reason(&[aws, ("x-dd-proxy-stage", "a"), ("x-dd-proxy-stage", "b")]),
        "header x-dd-proxy-stage should come once, found several with different values"
    );
}

fn check(case: &Case, spans: &[Span], before: SystemTime) {
    let (name, start, attributes) = match (&case.expected, spans) {
        (Expected::NoSpan(_), []) => return,
        (Expected::NoSpan(_), spans) => panic!("{}: unexpected {spans:?}", case.describe()),
        (Expected::Span { name, start, attributes }, [_]) => (name, start, attributes),
        (Expected::Span { .. }, spans) => panic!("{}: {} spans", case.describe(), spans.len()),
    };
    let mut span = spans[0].clone();

    match *start {
        Start::At(ms) => assert_eq!(span.start, SystemTime::UNIX_EPOCH + Duration::from_millis(ms)),
        Start::Receipt => assert!(span.start >= before && span.start <= span.end),
        Start::SkewedByAtMost(ms) => {
            assert!(span.start >= before && span.start < span.end);
            let skew = span.attributes["inferred_span.clock_skew_ms"].take();
            let skew = skew.as_u64().expect("the skew in milliseconds");
            let passed = millis(span.start) - millis(before);
            assert!(skew <= ms && skew + passed + 1 >= ms - 1_000, "{skew}");
            let attributes = span.attributes.as_object_mut().expect("an object");
            attributes.remove("inferred_span.clock_skew_ms");
        }
    }
    assert!(span.end >= before && span.end <= SystemTime::now());
    assert_eq!(span.name, *name, "{}", case.describe());
    assert_eq!(span.kind, SpanKind::Server, "{}", case.describe());
    assert_eq!(span.status, Status::Unset, "{}", case.describe());
    assert_eq!(span.parent, SpanId::INVALID, "{}", case.describe());
    assert_eq!(span.attributes, *attributes, "{}", case.describe());
}

fn trim(value: &[u8]) -> &[u8] {
    let value = match value {
        [b' ', rest @ ..] => rest,
        _ => value,
    };
    match value {
        [rest @ .., b' '] => rest,
        _ => value,
    }
}
