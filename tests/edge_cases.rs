//! Every row of the table of edge cases: what span it makes, and that the request is served untouched.

mod support;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use apigateway_inferred_span::ProxyRequest;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use opentelemetry::trace::{SpanId, SpanKind, Status};
use serde_json::json;
use tower::{service_fn, Layer, ServiceExt};

use support::cases::{cases, Case, Expected, Start};
use support::spans::{millis, Recorder, Span};

#[tokio::test]
async fn every_case_gives_its_span_through_tower() {
    for case in cases() {
        let mut recorder = Recorder::new();
        let before = SystemTime::now();
        let seen = through_tower(&recorder, &case).await;

        assert_eq!(seen, headers(&case), "{}: headers were changed", case.name);
        check(&case, &recorder.ended(), before);
    }
}

#[test]
fn every_case_reads_the_same_in_a_handler() {
    for case in cases() {
        let headers = headers(&case);
        let read = ProxyRequest::from_headers(&headers);
        match &case.expected {
            Expected::NoSpan(None) => assert_eq!(read, Ok(None), "{}", case.name),
            Expected::NoSpan(Some(reason)) => {
                assert_eq!(read.as_ref(), Err(reason), "{}", case.name);
            }
            Expected::Span {
                name, attributes, ..
            } => {
                let request = read.expect(case.name).expect(case.name);
                assert_eq!(request.proxy().span_name(), *name);
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
    let pairs = [
        ("X-DD-Proxy", "aws-httpapi"),
        ("X-DD-Proxy-Request-Time-Ms", "1729780025473"),
        ("X-Dd-Proxy-Stage", "prod"),
    ];
    let request = ProxyRequest::from_headers(pairs)
        .expect("readable")
        .expect("there");
    assert_eq!(request.stage(), Some("prod"));
    assert_eq!(request.user(), None);
}

#[test]
fn reasons_say_what_was_expected_and_found() {
    let reason = |pairs: &[(&str, &str)]| {
        let read = ProxyRequest::from_headers(pairs.iter().copied());
        read.expect_err("unusable").to_string()
    };
    let aws = ("x-dd-proxy", "aws-apigateway");
    assert_eq!(
        reason(&[aws]),
        "header x-dd-proxy-request-time-ms is missing"
    );
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

async fn through_tower(recorder: &Recorder, case: &Case) -> HeaderMap {
    let seen = Arc::new(Mutex::new(HeaderMap::new()));
    let service = recorder.layer().layer(service_fn({
        let seen = Arc::clone(&seen);
        move |request: Request<()>| {
            *seen.lock().unwrap() = request.headers().clone();
            async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("ok")))) }
        }
    }));
    let mut request = Request::new(());
    *request.headers_mut() = headers(case);

    let response = service.oneshot(request).await.expect("infallible");
    let body = response.into_body().collect().await.expect("infallible");
    assert_eq!(body.to_bytes(), "ok", "{}", case.name);
    let seen = seen.lock().unwrap();
    seen.clone()
}

fn headers(case: &Case) -> HeaderMap {
    let pair = |(name, value): &(String, Vec<u8>)| {
        let name: HeaderName = name.parse().expect("a header's name");
        (
            name,
            HeaderValue::from_bytes(value).expect("a header's value"),
        )
    };
    case.headers.iter().map(pair).collect()
}

fn check(case: &Case, spans: &[Span], before: SystemTime) {
    let (name, start, attributes) = match (&case.expected, spans) {
        (Expected::NoSpan(_), []) => return,
        (Expected::NoSpan(_), spans) => panic!("{}: unexpected {spans:?}", case.name),
        (
            Expected::Span {
                name,
                start,
                attributes,
            },
            [_],
        ) => (name, start, attributes),
        (Expected::Span { .. }, spans) => panic!("{}: {} spans", case.name, spans.len()),
    };
    let mut span = spans[0].clone();

    match *start {
        Start::At(ms) => assert_eq!(
            span.start,
            SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(ms)
        ),
        Start::Receipt => assert!(span.start >= before && span.start <= span.end),
        Start::SkewedByAtMost(ms) => {
            assert!(span.start >= before && span.start <= span.end);
            let skew = span.attributes["inferred_span.clock_skew_ms"].take();
            let skew = skew.as_u64().expect("the skew in milliseconds");
            let passed = millis(span.start) - millis(before);
            assert!(skew <= ms && skew + passed + 1 >= ms - 1_000, "{skew}");
            let attributes = span.attributes.as_object_mut().expect("an object");
            attributes.remove("inferred_span.clock_skew_ms");
        }
    }
    assert!(span.end >= before && span.end <= SystemTime::now());
    assert_eq!(span.name, *name, "{}", case.name);
    assert_eq!(span.kind, SpanKind::Server, "{}", case.name);
    assert_eq!(span.status, Status::Unset, "{}", case.name);
    assert_eq!(span.parent, SpanId::INVALID, "{}", case.name);
    assert_eq!(span.attributes, *attributes, "{}", case.name);
}
