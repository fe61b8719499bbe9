//! The most expensive requests that a client could send with at most 10 KiB of headers, if it can set the gateway's
//! headers itself.
//!
//! | case | why it is dear |
//! |---|---|
//! | path of /1 | without a route, segments are checked for ids; beyond ASCII, it is encoded for the URL |
//! | X-Ray of ; | each part is looked at |
//! | path of /1 and X-Ray of ; | both, as far as 10 KiB go |
//! | 10000 services and a new one | with `max_services(10_000)` all taken |
//! | 500 user agents | different values of one header are looked for among the gateway's names |
//! | 450 headers stripped | with `strip_headers(true)`, all that begin with `x-dd-proxy` are removed |
//! | tracestate of 32 members | the SDK parses and copies each member that it sees, 20 of these |
//! | tracestate of 6 KiB | the same with members as long as may be, of which it sees 1 KiB |

use http::{HeaderName, HeaderValue, Request};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;

use crate::case::Case;
use crate::drive::{send, sink, Bare};
use crate::requests::{copies, Body, Kind};
use crate::tower::{layer, pair};

/// Fewer than of other cases: these are a hundred times as dear, and counting is slow.
const RUNS: usize = 16;
const MOST: usize = 10 * 1024;

pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    let on = layer(provider);
    let full = layer(provider).max_services(10_000);
    let mut service = full.layer(Bare);
    for number in 0..10_000 {
        send(&mut service, minimal(&[("x-dd-proxy-domain-name", format!("api-{number:05}.example.com"))]));
        sink::reset(0);
    }

    let path = |length: usize| ("x-dd-proxy-path", "/1".repeat(length / 2 - 2) + "/\u{e9}");
    let x_ray = || ("x-amzn-trace-id", ";".repeat(2_048));
    let repeated = |count: usize, name: fn(usize) -> String| -> Vec<(String, String)> {
        (0..count).map(|number| (name(number), number.to_string())).collect()
    };
    let members = |length| (0..32).map(|n| format!("k{n:02}={}", "v".repeat(length))).collect::<Vec<_>>().join(",");
    let traceparent = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());

    let requests = [
        ("path of /1", &on, minimal(&[path(8_192)])),
        ("X-Ray of ;", &on, minimal(&[x_ray()])),
        ("path of /1 and X-Ray of ;", &on, minimal(&[path(7_900), x_ray()])),
        ("10000 services and a new one", &full, minimal(&[("x-dd-proxy-domain-name", "api-new99.example.com".into())])),
        ("500 user agents", &on, minimal(&repeated(500, |_| "user-agent".into()))),
        (
            "450 headers stripped",
            &on.clone().strip_headers(true),
            minimal(&repeated(450, |n| format!("x-dd-proxy-{n}"))),
        ),
        ("tracestate of 32 members", &on, minimal(&[traceparent.clone(), ("tracestate", members(27))])),
        ("tracestate of 6 KiB", &on, minimal(&[traceparent, ("tracestate", members(200))])),
    ];
    let pairs = requests.map(|(name, layer, request)| {
        let headers = request.headers().iter();
        let size: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
        assert!(size <= MOST, "{name}: {size} bytes");
        pair(layer, &format!("worst: {name}"), Bare, copies(request))
    });
    pairs.into_iter().flatten().map(|case| case.runs(RUNS)).collect()
}

/// A request with as few headers as make a span, and these.
fn minimal<N: AsRef<str>>(headers: &[(N, String)]) -> Request<Body> {
    let mut request = Kind::NoHeaders.request();
    request.headers_mut().clear();
    let necessary = [("x-dd-proxy", "aws-apigateway"), ("x-dd-proxy-request-time-ms", "1729780025473")];
    let necessary = necessary.into_iter().chain([("x-dd-proxy-httpmethod", "GET")]);
    let all = necessary.chain(headers.iter().map(|(name, value)| (name.as_ref(), value.as_str())));
    for (name, value) in all {
        let name: HeaderName = name.parse().expect("a name");
        request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
    }
    request
}
