//! Whatever a client sends, and whichever propagator reads it: the current context, the request's headers and its
//! extensions say the same of the gateway's span, and nothing else about the request changes.
// Only the number of cases is read from the environment.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use apigateway_inferred_span::{ApiGatewayInferredSpan, InferredSpan, XRay};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderName, Request, Response};
use http_body_util::Empty;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::Context;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tower::{service_fn, Layer, ServiceExt};

use support::propagators::{Headers, Propagator, PROPAGATORS};
use support::requests::RequestBuilder;

const W3C: [&str; 2] = ["traceparent", "tracestate"];
const B3S: [&str; 6] = ["b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags", "x-b3-parentspanid"];

/// The headers by which a propagator names a span.
fn headers_of(propagator: Propagator) -> BTreeSet<&'static str> {
    let formats: &[&[&str]] = match propagator {
        Propagator::None | Propagator::RequestIds => &[],
        Propagator::W3c | Propagator::W3cBaggage | Propagator::Vendor => &[&W3C],
        Propagator::B3Default | Propagator::B3Single | Propagator::B3Multi | Propagator::B3Both => &[&B3S],
        Propagator::B3ThenW3c => &[&W3C, &B3S],
        Propagator::XRay => &[&["x-amzn-trace-id"]],
        Propagator::XRayThenW3c | Propagator::W3cThenXRay => &[&W3C, &["x-amzn-trace-id"]],
    };
    formats.iter().copied().flatten().copied().collect()
}

/// Whether its headers say all of a trace state.
fn says_trace_state(propagator: Propagator) -> bool {
    matches!(propagator, Propagator::W3c | Propagator::W3cBaggage)
}

/// Headers of every format, whole, broken and contradictory, and some that name no span.
fn header() -> impl Strategy<Value = (&'static str, String)> {
    let hex = |length: usize| {
        prop_oneof![
            4 => proptest::string::string_regex(&format!("[0-9a-f]{{{length}}}")).expect("a pattern"),
            1 => Just("0".repeat(length)),
            1 => "[0-9a-zA-Z]{0,33}",
        ]
    };
    let flag = select(vec!["0", "1", "?", "d", "true", "01", "00", "02", "03", ""]);
    let traceparent = (select(vec!["00", "01", "ff", "0"]), hex(32), hex(16), flag.clone())
        .prop_map(|(version, trace, span, flags)| ("traceparent", format!("{version}-{trace}-{span}-{flags}")));
    let plain = (hex(32), hex(16), select(vec!["00", "01"]))
        .prop_map(|(trace, span, flags)| ("traceparent", format!("00-{trace}-{span}-{flags}")));
    let key = select(vec!["Root", "root", "Parent", "parent", "Sampled", "sampled", "Self", "Lineage", "x"]);
    let x_ray_part = (
        key,
        prop_oneof![
            3 => (hex(8), hex(24)).prop_map(|(time, rest)| format!("1-{time}-{rest}")),
            3 => hex(16),
            2 => flag.clone().prop_map(str::to_owned),
        ],
    )
        .prop_map(|(key, value)| format!("{key}={value}"));
    let x_ray = (hex(8), hex(24), hex(16), flag.clone(), vec(x_ray_part, 0..3)).prop_map(
        |(time, rest, parent, sampled, parts)| {
            let parts: String = parts.iter().map(|part| format!(";{part}")).collect();
            ("x-amzn-trace-id", format!("Root=1-{time}-{rest};Parent={parent};Sampled={sampled}{parts}"))
        },
    );
    let text = "[ -~]{0,30}";
    prop_oneof![
        4 => plain,
        2 => traceparent,
        3 => select(vec!["vendor=00f067aa0ba902b7", "vendor=abc", "a=1,b=2", "A=1", "", "one=1"])
            .prop_map(|state| ("tracestate", state.to_owned())),
        3 => select(vec!["user=alice", "tenant=acme;p=1", "=", "a=b,c=d"])
            .prop_map(|baggage| ("baggage", baggage.to_owned())),
        3 => (hex(32), hex(16), flag.clone()).prop_map(|(trace, span, flag)| ("b3", format!("{trace}-{span}-{flag}"))),
        1 => flag.clone().prop_map(|flag| ("b3", flag.to_owned())),
        3 => hex(32).prop_map(|id| ("x-b3-traceid", id)),
        3 => hex(16).prop_map(|id| ("x-b3-spanid", id)),
        1 => hex(16).prop_map(|id| ("x-b3-parentspanid", id)),
        2 => flag.clone().prop_map(|flag| ("x-b3-sampled", flag.to_owned())),
        2 => flag.prop_map(|flag| ("x-b3-flags", flag.to_owned())),
        4 => x_ray,
        1 => hex(32).prop_map(|id| ("x-request-id", id)),
        1 => text.prop_map(|value| ("authorization", value)),
        1 => text.prop_map(|value| ("uber-trace-id", value)),
        1 => text.prop_map(|value| ("x-datadog-trace-id", value)),
    ]
}

/// What an application sees of a request.
#[derive(Debug, Default)]
struct View {
    headers: HeaderMap,
    current: Option<SpanContext>,
    carried: Option<SpanContext>,
}

type Seen = Arc<Mutex<View>>;

fn through_tower(layer: &ApiGatewayInferredSpan, request: &RequestBuilder) -> View {
    let seen = Seen::default();
    let sees = Arc::clone(&seen);
    let service = layer.layer(service_fn(move |request: Request<()>| {
        *sees.lock().expect("not poisoned") = View {
            headers: request.headers().clone(),
            current: Some(Context::current().span().span_context().clone()),
            carried: request.extensions().get::<InferredSpan>().map(InferredSpan::span_context),
        };
        async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
    }));
    drop(service.oneshot(request.body(())).now_or_never().expect("at once"));
    let view = std::mem::take(&mut *seen.lock().expect("not poisoned"));
    view
}

#[cfg(feature = "actix-web")]
fn through_actix(layer: &ApiGatewayInferredSpan, request: &RequestBuilder) -> View {
    use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse, Transform as _};
    use actix_web::{HttpMessage as _, HttpResponse};

    let seen = Seen::default();
    let sees = Arc::clone(&seen);
    let service = actix_web::dev::fn_service(move |request: ServiceRequest| {
        let headers = request.headers().iter().map(|(name, value)| {
            let value = http::HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            (name.as_str().parse::<HeaderName>().expect("a name"), value)
        });
        *sees.lock().expect("not poisoned") = View {
            headers: headers.collect(),
            current: Some(Context::current().span().span_context().clone()),
            carried: request.extensions().get::<InferredSpan>().map(InferredSpan::span_context),
        };
        async { Ok::<_, actix_web::Error>(request.into_response(HttpResponse::Ok().finish())) }
    });
    let service = layer.new_transform(service).into_inner().expect("infallible");
    let response: ServiceResponse<_> =
        service.call(request.actix().to_srv_request()).now_or_never().expect("at once").expect("a response");
    drop(response);
    let view = std::mem::take(&mut *seen.lock().expect("not poisoned"));
    view
}

/// `adds_headers`: the layer may write headers that the client didn't send.
fn check(propagator: Propagator, sent: &HeaderMap, view: &View, adds_headers: bool) -> Result<(), TestCaseError> {
    let names = headers_of(propagator);
    let others = |headers: &HeaderMap| {
        let mut others = headers.clone();
        for name in &names {
            others.remove(*name);
        }
        others
    };
    prop_assert_eq!(others(&view.headers), others(sent));

    let current = view.current.as_ref().expect("called");
    prop_assert_eq!(view.carried.as_ref(), Some(current));
    prop_assert!(current.is_valid());
    let named = propagator.installed().extract_with_context(&Context::new(), &Headers(&view.headers));
    let named = named.span();
    let named = named.span_context();
    if names.is_empty() || (!adds_headers && !named.is_valid()) {
        return Ok(());
    }
    prop_assert_eq!(
        (named.trace_id(), named.span_id(), named.is_sampled()),
        (current.trace_id(), current.span_id(), current.is_sampled())
    );
    if says_trace_state(propagator) {
        prop_assert_eq!(named.trace_state(), current.trace_state());
    }
    Ok(())
}

/// 2,000, or `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: cases.unwrap_or(2_000), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_three_carriers_agree(
        propagator in select(&PROPAGATORS[..]),
        sampler in select(vec![
            Sampler::AlwaysOn,
            Sampler::AlwaysOff,
            Sampler::ParentBased(Box::new(Sampler::AlwaysOn)),
            Sampler::ParentBased(Box::new(Sampler::AlwaysOff)),
        ]),
        x_ray in select(vec![XRay::Continue, XRay::Link, XRay::Defer, XRay::Ignore]),
        headers in vec(header(), 0..6),
    ) {
        let provider = SdkTracerProvider::builder().with_sampler(sampler).build();
        let layer = ApiGatewayInferredSpan::new()
            .enabled(true)
            .tracer_provider(&provider)
            .propagator(propagator.installed())
            .x_ray(x_ray);
        let request = RequestBuilder::documented();
        let request = headers.iter().fold(request, |request, (name, value)| request.and(name, value));
        let sent = request.header_map();
        check(propagator, &sent, &through_tower(&layer, &request), true)?;
        #[cfg(feature = "actix-web")]
        check(propagator, &sent, &through_actix(&layer, &request), false)?;
    }
}
