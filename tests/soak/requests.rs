//! Builds the requests.

use std::future::pending;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{header, HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{combinators::BoxBody, BodyExt, Empty, StreamBody};
use hyper::body::Frame;
use support::spans::now_ms;

use crate::bodies::chunk;
use crate::mix::Kind;

/// Tells the server-side counter what the layer should do with the request: `none`, `accepted` or a code.
pub(crate) const X_SOAK: &str = "x-soak";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    AxumHttp1,
    AxumHttp2,
    /// HTTP/1 only.
    Actix,
}

/// The headers of a request, with the expected outcome in `x-soak`.
fn headers(kind: Kind, target: Target) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).expect("a header's value");
        headers.insert(HeaderName::from_static(name), value);
    };
    set("host", "localhost");
    if kind == Kind::NoHeaders {
        set(X_SOAK, "none");
        return headers;
    }
    let stage = match target {
        Target::Actix => ["actix ", kind.name()].concat(),
        _ => kind.name().to_owned(),
    };
    set(X_SOAK, "accepted");
    set("x-dd-proxy", "aws-apigateway");
    set("x-dd-proxy-request-time-ms", &(now_ms() - 50).to_string());
    set("x-dd-proxy-domain-name", "api.example.com");
    set("x-dd-proxy-httpmethod", kind.method().as_str());
    set("x-dd-proxy-path", "/prod/users/42");
    set("x-dd-proxy-stage", &stage);
    set("x-dd-proxy-api-id", "a1b2c3d4e5");
    set("x-gateway-secret", "open sesame");
    let Kind::Refused(code) = kind else {
        return headers;
    };

    set(X_SOAK, code);
    match code {
        "unknown_proxy" => set("x-dd-proxy", "gcp-apigateway"),
        "invalid_request_time" => set("x-dd-proxy-request-time-ms", "soon"),
        "request_time_out_of_range" => set("x-dd-proxy-request-time-ms", "0"),
        "wrong_secret" => set("x-gateway-secret", "open barley"),
        "domain_not_allowed" => set("x-dd-proxy-domain-name", "evil.example"),
        "api_id_not_allowed" => set("x-dd-proxy-api-id", "evil"),
        "too_old" => set("x-dd-proxy-request-time-ms", "1729780025473"),
        "not_accepted" => set("x-dd-proxy-stage", "refused"),
        "panicked" => set("x-dd-proxy-stage", "panics"),
        "deferred" => {
            set("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1")
        }
        "missing_request_time" => {
            headers.remove("x-dd-proxy-request-time-ms");
        }
        "unreadable_proxy" => {
            let value = HeaderValue::from_bytes(b"aws\xff").expect("a header's value");
            headers.insert("x-dd-proxy", value);
        }
        // One that may be missing would be left out: the secret is right.
        "conflicting_header" => {
            headers.append("x-dd-proxy-request-time-ms", HeaderValue::from_static("1729780025473"));
        }
        _ => unreachable!("{code} has no headers"),
    }
    headers
}

pub(crate) type RequestBody = BoxBody<Bytes, std::io::Error>;

pub(crate) fn request(kind: Kind, target: Target) -> Request<RequestBody> {
    let path = ["/", kind.name()].concat();
    let body = match kind {
        // Less than the announced `Content-Length`, and then nothing.
        Kind::LeavesSending => {
            let rest = stream::once(pending());
            let part = stream::iter([chunk(0)]).chain(rest);
            BodyExt::boxed(StreamBody::new(part.map(|chunk| chunk.map(Frame::data))))
        }
        _ => Empty::new().map_err(|never| match never {}).boxed(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = kind.method();
    *request.headers_mut() = headers(kind, target);
    *request.uri_mut() = match target {
        Target::AxumHttp2 => format!("http://localhost{path}"),
        _ => path,
    }
    .parse()
    .expect("a path");
    if kind == Kind::LeavesSending {
        let length = HeaderValue::from_static("100");
        request.headers_mut().insert(header::CONTENT_LENGTH, length);
    }
    if kind == Kind::Upgrade {
        let upgrade = HeaderValue::from_static("upgrade");
        request.headers_mut().insert(header::CONNECTION, upgrade);
        let protocol = HeaderValue::from_static("soak");
        request.headers_mut().insert(header::UPGRADE, protocol);
    }
    request
}
