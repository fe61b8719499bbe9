//! What other tracers get wrong about these headers, each by name, and that this one gets it right.
//!
//! Seen in dd-trace-js 6.21, ddtrace (Python) 4.16 and the sources of the others in 2026.

use std::convert::Infallible;
use std::future::pending;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Frame;
use opentelemetry::trace::{Status, Tracer, TracerProvider};
use opentelemetry::SpanId;
use opentelemetry_aws::trace::XrayPropagator;
use serde_json::json;
use tower::{service_fn, Layer, ServiceExt};

use support::spans::{now_ms, Recorder, Span};

const TIME: (&str, &str) = ("x-dd-proxy-request-time-ms", "1729780025473");
const DOMAIN: (&str, &str) = ("x-dd-proxy-domain-name", "api.example.com");
const METHOD: (&str, &str) = ("x-dd-proxy-httpmethod", "GET");
const PATH: (&str, &str) = ("x-dd-proxy-path", "/users");
const REST: (&str, &str) = ("x-dd-proxy", "aws-apigateway");

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder();
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request")
}

fn span(headers: &[(&str, &str)]) -> Option<Span> {
    let mut recorder = Recorder::new();
    let service = recorder
        .layer()
        .layer(service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }));
    drop(service.oneshot(request(headers)).now_or_never());
    recorder.ended().pop()
}

/// The span of a plain request with these headers besides or instead.
fn span_with(headers: &[(&str, &str)]) -> Span {
    let mut all = vec![REST, TIME, DOMAIN, METHOD, PATH];
    all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
    all.extend(headers);
    span(&all).expect("a span")
}

fn has(span: &Span, key: &str) -> bool {
    !span.attribute(key).is_null()
}

#[test]
fn js_starts_spans_now_or_in_1970_on_a_malformed_time() {
    for time in ["abc", "", "123abc", "1.7e12"] {
        assert!(span(&[REST, (TIME.0, time), DOMAIN]).is_none(), "{time:?}");
    }
}

#[test]
fn py_loses_the_applications_trace_on_a_malformed_time() {
    let mut recorder = Recorder::new();
    let provider = recorder.provider.clone();
    let service = recorder.layer().layer(service_fn(move |_: Request<()>| {
        drop(provider.tracer("app").start("handler"));
        async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
    }));
    drop(service.oneshot(request(&[REST, (TIME.0, "abc"), DOMAIN])).now_or_never());
    let spans = recorder.ended();
    assert_eq!((spans.len(), spans[0].name.as_str()), (1, "handler"));

    // A fraction is no malformation.
    let span = span_with(&[(TIME.0, "1729780025473.5")]);
    assert_eq!(span.start_ms(), 1_729_780_025_473);
}

#[test]
fn peers_make_56_year_long_spans_of_a_time_of_0() {
    assert!(span(&[REST, (TIME.0, "0"), DOMAIN]).is_none());
    assert!(span(&[REST, (TIME.0, "-1"), DOMAIN]).is_none());
}

#[test]
fn js_and_py_start_in_2262_on_20_digits() {
    assert!(span(&[REST, (TIME.0, "99999999999999999999"), DOMAIN]).is_none());
}

#[test]
fn peers_start_in_1970_when_seconds_come() {
    let span = span_with(&[(TIME.0, "1729780025")]);
    assert_eq!(span.start_ms(), 1_729_780_025_000);
}

#[test]
fn js_makes_negative_durations_under_clock_skew() {
    let ahead = (now_ms() + 60_000).to_string();
    let span = span_with(&[(TIME.0, &ahead)]);
    assert!(span.start <= span.end);
    let skew = span.attribute("inferred_span.clock_skew_ms").as_u64();
    assert!(skew.is_some_and(|skew| (59_000..=60_000).contains(&skew)));
}

#[test]
fn py_hides_clock_skew_behind_a_duration_of_0() {
    let ahead = (now_ms() + 60_000).to_string();
    let span = span_with(&[(TIME.0, &ahead)]);
    assert!(span.duration() > Duration::ZERO && has(&span, "inferred_span.clock_skew_ms"));
}

#[test]
fn only_dotnet_accepts_the_proxy_in_upper_case() {
    assert_eq!(span_with(&[("x-dd-proxy", "AWS-APIGATEWAY")]).attribute("component"), "aws-apigateway");
}

#[test]
fn peers_reject_or_keep_the_quotes_of_a_wrong_mapping() {
    let span = span_with(&[("x-dd-proxy", "'aws-apigateway'"), ("x-dd-proxy-region", "'us-east-1'")]);
    assert_eq!(span.attribute("region"), "us-east-1");
}

#[test]
fn peers_put_any_region_into_the_arn() {
    let span = span_with(&[("x-dd-proxy-region", "x:y"), ("x-dd-proxy-api-id", "a1")]);
    assert!(!has(&span, "dd_resource_key") && has(&span, "region"));
}

#[test]
fn peers_hard_code_the_partition_of_the_arn() {
    let span = span_with(&[("x-dd-proxy-region", "cn-north-1"), ("x-dd-proxy-api-id", "a1")]);
    assert_eq!(span.attribute("dd_resource_key"), "arn:aws-cn:apigateway:cn-north-1::/restapis/a1");
}

#[test]
fn all_but_js_take_a_path_without_its_slash_as_it_is() {
    let span = span_with(&[("x-dd-proxy-path", "users")]);
    assert_eq!(span.attribute("url.full"), "https://api.example.com/users");
}

#[test]
fn js_says_undefined_without_a_path() {
    let span = span(&[REST, TIME, DOMAIN, METHOD]).expect("a span");
    assert_eq!(span.attribute("url.full"), "https://api.example.com/");
    assert_eq!(span.attribute("resource.name"), "GET");
}

#[test]
fn peers_put_the_querys_secrets_into_url_and_resource() {
    let span = span_with(&[("x-dd-proxy-path", "/users?token=secret")]);
    assert!(!span.attributes.to_string().contains("secret"));
}

#[test]
fn js_says_undefined_and_py_nothing_without_a_domain() {
    let span = span(&[REST, TIME, METHOD, PATH]).expect("a span");
    assert!(!has(&span, "url.full") && !has(&span, "service.name"));
}

#[test]
fn js_says_undefined_and_py_a_space_without_a_method() {
    let span = span(&[REST, TIME, DOMAIN, PATH]).expect("a span");
    assert_eq!(span.attribute("resource.name"), "/users");
}

#[test]
fn js_says_undefined_twice_without_method_and_path() {
    let span = span(&[REST, TIME, DOMAIN]).expect("a span");
    assert_eq!(span.attribute("resource.name"), "aws.apigateway");
}

#[test]
fn js_sets_an_undefined_stage() {
    assert!(!has(&span_with(&[]), "stage"));
}

#[test]
fn peers_say_get_get_of_a_route_key() {
    let span = span_with(&[("x-dd-proxy-resource-path", "GET /x/{id}")]);
    assert_eq!(span.attribute("resource.name"), "GET /x/{id}");
}

#[test]
fn js_py_java_and_rb_make_a_resource_of_every_id() {
    let span = span_with(&[("x-dd-proxy-path", "/users/12345")]);
    assert_eq!(span.attribute("resource.name"), "GET /users/{id}");
}

#[test]
fn js_makes_no_span_of_equal_duplicates() {
    let twice = [REST, REST, TIME, TIME, DOMAIN, DOMAIN];
    assert!(span(&twice).is_some());
}

#[test]
fn py_believes_the_last_of_two_different_headers() {
    let spoofed = [REST, TIME, DOMAIN, ("x-dd-proxy-domain-name", "evil.example")];
    assert!(span(&spoofed).is_none());
}

#[test]
fn peers_vary_on_control_characters_and_overlong_values() {
    let long = "x".repeat(2_049);
    assert!(!has(&span_with(&[("x-dd-proxy-stage", &long)]), "stage"));
    assert!(!has(&span_with(&[("x-dd-proxy-stage", "a\tb")]), "stage"));
}

#[test]
fn py_lacks_the_status_under_fastapi() {
    assert_eq!(span_with(&[]).attribute("http.response.status_code"), 200);
}

#[tokio::test]
async fn js_and_py_report_200_for_a_request_that_was_aborted() {
    let mut recorder = Recorder::new();
    let service =
        recorder.layer().layer(service_fn(|_: Request<()>| pending::<Result<Response<Empty<Bytes>>, Infallible>>()));
    let call = tokio::spawn(service.oneshot(request(&[REST, (TIME.0, &now_ms().to_string())])));
    tokio::task::yield_now().await;
    call.abort();
    let span = recorder.next().await;
    assert_eq!(span.attribute("error.type"), "cancelled");
    assert!(!has(&span, "http.response.status_code"));
    assert!(matches!(span.status, Status::Error { .. }));
}

#[tokio::test]
async fn no_peer_tells_the_gateways_timeout() {
    let mut recorder = Recorder::new();
    let service =
        recorder.layer().layer(service_fn(|_: Request<()>| pending::<Result<Response<Empty<Bytes>>, Infallible>>()));
    let taken = (now_ms() - 29_000).to_string();
    let call = tokio::spawn(service.oneshot(request(&[REST, (TIME.0, &taken)])));
    tokio::task::yield_now().await;
    call.abort();
    assert_eq!(recorder.next().await.attribute("error.type"), "timeout");
}

#[tokio::test]
async fn go_and_rb_end_before_a_stream_does() {
    let mut recorder = Recorder::new();
    let service = recorder.layer().layer(service_fn(|_: Request<()>| async {
        let frames = futures_util::stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from("x")))]);
        Ok::<_, Infallible>(Response::new(StreamBody::new(frames)))
    }));
    let response = service.oneshot(request(&[REST, TIME])).await.expect("infallible");
    let before_the_stream = SystemTime::now();
    assert!(recorder.ended().is_empty());
    response.into_body().collect().await.expect("whole");
    assert!(recorder.ended().remove(0).end >= before_the_stream);
}

#[test]
fn py_and_rb_make_a_span_of_each_nested_framework() {
    let mut recorder = Recorder::new();
    let inner = recorder
        .layer()
        .layer(service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }));
    let service = recorder.layer().layer(inner);
    drop(service.oneshot(request(&[REST, TIME])).now_or_never());
    assert_eq!(recorder.ended().len(), 1);
}

#[test]
fn x_ray_propagators_make_orphans_of_a_root_without_a_parent() {
    let mut recorder = Recorder::new();
    let layer = recorder.layer().propagator(XrayPropagator::new());
    let service =
        layer.layer(service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }));
    let root = ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678");
    drop(service.oneshot(request(&[REST, TIME, root])).now_or_never());
    let spans = recorder.ended();
    assert_eq!((spans.len(), spans[0].parent), (1, SpanId::INVALID));
    assert_eq!(spans[0].attribute("aws.xray.trace_id"), &json!(&root.1[5..]));
}

#[test]
fn peers_do_not_follow_a_parent_that_x_ray_recorded() {
    let header = "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1";
    let span = span_with(&[("x-amzn-trace-id", header)]);
    assert_eq!(span.parent.to_string(), "463ac35c9f6413ad");
}

#[test]
fn java_and_py_once_lacked_the_scheme_in_the_url() {
    assert_eq!(span_with(&[]).attribute("url.full"), "https://api.example.com/users");
}

#[test]
fn java_once_lacked_the_user_agent() {
    let span = span_with(&[("user-agent", "curl/8.5.0")]);
    assert_eq!(span.attribute("user_agent.original"), "curl/8.5.0");
}

#[test]
fn js_and_py_record_the_callers_identity_unasked() {
    let span = span_with(&[("x-dd-proxy-user", "alice")]);
    assert!(!span.attributes.to_string().contains("alice"));
}
