//! Any environment is understood or passed over, and the layer does what it says.
//!
//! The input is four lines, one for each variable, then a line whose first two bytes choose a response's status.
#![no_main]
#![allow(clippy::disallowed_methods)]

use std::convert::Infallible;
use std::ffi::OsStr;
use std::future::{ready, Future as _, Ready};
use std::os::unix::ffi::OsStrExt as _;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use apigateway_inferred_span::{ApiGatewayInferredSpan, ProxyRequest};
use apigateway_inferred_span_fuzz::{assert_sound, attribute, now, take_log, text, Recorder};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use libfuzzer_sys::fuzz_target;
use opentelemetry::Value;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::Resource;
use tower_layer::Layer as _;
use tower_service::Service;

const VARIABLES: [&str; 4] = [
    "DD_TRACE_HTTP_SERVER_ERROR_STATUSES",
    "DD_SERVICE_MAPPING",
    "DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED",
    "DD_TRACE_OTEL_SEMANTICS_ENABLED",
];

static PROVIDER: LazyLock<SdkTracerProvider> = LazyLock::new(|| {
    SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_span_processor(Recorder::new())
        .build()
});

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|b| *b == b'\n');
    let mut values = [""; 4].map(str::to_owned);
    for (name, value) in VARIABLES.into_iter().zip(&mut values) {
        // A variable can't hold a NUL.
        let line: Vec<_> = lines.next().unwrap_or_default().to_vec();
        let line: Vec<_> = line.into_iter().filter(|b| *b != 0).collect();
        std::env::set_var(name, OsStr::from_bytes(&line));
        *value = String::from_utf8_lossy(&line).into_owned();
    }
    let [statuses, mapping, enabled, otel] = values;
    let chosen = match lines.next() {
        Some([high, low, ..]) => u16::from_be_bytes([*high, *low]) % 900 + 100,
        _ => 503,
    };
    let domain = some_domain(&mapping, chosen);

    let layer = ApiGatewayInferredSpan::new()
        .tracer_provider(&*PROVIDER)
        .propagator(TraceContextPropagator::new())
        .wall_clock(now);
    let on = flag(&enabled).unwrap_or(false);
    respond(&layer, &domain, chosen);
    assert_eq!(layer.stats().accepted(), u64::from(on));
    let log = take_log();
    assert_eq!((log.started.len(), log.ended.len()), (usize::from(on), usize::from(on)));

    respond(&layer.clone().enabled(true), &domain, chosen);
    for mut span in log.ended.into_iter().chain(take_log().ended) {
        let otel = flag(&otel).unwrap_or(false);
        assert_eq!(span.name, if otel { "GET /x" } else { "aws.apigateway" });

        let is_error = match parse_statuses(&statuses) {
            Some(ranges) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&chosen)),
            None => (500..=599).contains(&chosen),
        };
        let expected = if is_error { chosen.to_string() } else { String::new() };
        assert_eq!(text(&span, "error.type"), expected, "{statuses:?}");
        let status = attribute(&span, "http.response.status_code");
        assert_eq!(status, Some(&Value::I64(chosen.into())));

        let (host, port) = canonical(&domain).expect("a host");
        let matches = |(from, wanted): &(String, Option<u16>)| *from == host && (wanted.is_none() || *wanted == port);
        let pairs = parse_mapping(&mapping);
        let mapped = pairs.iter().find(|(from, _)| matches(from));
        let service = mapped.map_or(host.as_str(), |(_, to)| to);
        assert_eq!(text(&span, "service.name"), service, "{mapping:?}");
        // A mapped service's name is the operator's, whatever is in it.
        span.attributes.retain(|pair| pair.key.as_str() != "service.name");
        assert_sound(&span);
    }
});

/// One of the domains in the mapping, if a header could carry it.
fn some_domain(mapping: &str, chosen: u16) -> String {
    let part = mapping.split(',').nth(usize::from(chosen) % 5);
    let domain = part.and_then(|part| Some(part.rsplit_once(':')?.0.trim()));
    domain.filter(|domain| canonical(domain).is_some()).unwrap_or("api.example.com").to_owned()
}

/// The host and port of a domain, if a header could carry it.
fn canonical(domain: &str) -> Option<(String, Option<u16>)> {
    let headers = [("x-dd-proxy", "azure-fd"), ("x-dd-proxy-domain-name", domain)];
    let request = ProxyRequest::from_headers(headers).ok()??;
    let is_text = http::HeaderValue::from_str(domain).is_ok() && !domain.starts_with('\'');
    request.domain().filter(|_| is_text).map(|host| (host.to_owned(), request.port()))
}

fn flag(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Read in another way than the library does, from the same description: `500-599,429`. `None` if it is not set or
/// can't be understood.
fn parse_statuses(value: &str) -> Option<Vec<(u16, u16)>> {
    let mut ranges = Vec::new();
    if value.trim().is_empty() {
        return None;
    }
    for part in value.split(',') {
        let ends: Vec<_> = part.split('-').map(str::trim).collect();
        let code = |end: &str| match end.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'] => end.parse::<u16>().ok(),
            _ => None,
        };
        match ends[..] {
            [""] => {}
            [one] => ranges.push((code(one)?, code(one)?)),
            [first, last] if code(first)? <= code(last)? => ranges.push((code(first)?, code(last)?)),
            _ => return None,
        }
    }
    Some(ranges)
}

/// Pairs that can't be used are left out.
fn parse_mapping(value: &str) -> Vec<((String, Option<u16>), String)> {
    let pairs = value.split(',').filter_map(|part| {
        let (domain, service) = part.rsplit_once(':')?;
        let (domain, service) = (canonical(domain.trim())?, service.trim());
        (!service.is_empty()).then(|| (domain, service.to_owned()))
    });
    pairs.collect()
}

fn respond(layer: &ApiGatewayInferredSpan, domain: &str, status: u16) {
    let request = Request::builder()
        .header("x-dd-proxy", "aws-apigateway")
        .header("x-dd-proxy-request-time-ms", "1749999999000")
        .header("x-dd-proxy-httpmethod", "GET")
        .header("x-dd-proxy-resource-path", "/x")
        .header("x-dd-proxy-domain-name", domain)
        .body(())
        .expect("a request");
    let mut service = layer.layer(Inner(StatusCode::from_u16(status).expect("a status")));
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).as_mut().poll(&mut cx) else {
        panic!("no response");
    };
    assert_eq!(response.status(), status);
}

struct Inner(StatusCode);

impl Service<Request<()>> for Inner {
    type Response = Response<Nothing>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Nothing>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let mut response = Response::new(Nothing);
        *response.status_mut() = self.0;
        ready(Ok(response))
    }
}

struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}
