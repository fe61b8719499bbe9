//! The requests that are sent.
//!
//! | kind | headers, in addition to 14 that any REST API forwards or adds | why |
//! |---|---|---|
//! | `NoHeaders` | `X-Amzn-Trace-Id` | a request that the layer passes through |
//! | `Root` | the ten `x-dd-proxy*` headers that the README maps, `X-Amzn-Trace-Id` with a `Root` only | the real request |
//! | `SampledParent` | those, and a sampled `traceparent` | the real request of a traced client; it is rewritten |
//! | `UnsampledParent` | those, and a `traceparent` that isn't sampled | most requests of a client that samples few |
//! | `XRayParent` | those of `Root`, with `Parent` and `Sampled=1` in `X-Amzn-Trace-Id` | a stage with active tracing |
//! | `Rejected` | those of `Root`, with a time that is no number | a wrong mapping |
//!
//! The real request has 25 headers. All requests have an extension, as behind axum's router: the first extension of a
//! request costs three allocations, which a layer would otherwise have to pay for.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::Full;

/// The body of requests and responses.
pub type Body = Full<Bytes>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NoHeaders,
    Root,
    SampledParent,
    UnsampledParent,
    XRayParent,
    Rejected,
}

type Pair = (&'static str, &'static str);

const OTHERS: [Pair; 14] = [
    ("host", "orders.internal.example.com"),
    ("x-amzn-apigateway-api-id", "a1b2c3d4e5"),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-port", "443"),
    ("x-forwarded-proto", "https"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("accept", "application/json, text/plain, */*"),
    ("accept-encoding", "gzip, deflate, br"),
    ("accept-language", "en-GB,en;q=0.7"),
    ("authorization", "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2ln"),
    ("cache-control", "no-cache"),
    ("cookie", "session=8d4f0a7c2b; theme=dark"),
    ("origin", "https://shop.example.com"),
    ("referer", "https://shop.example.com/basket"),
];

const MAPPED: [Pair; 10] = [
    ("x-dd-proxy", "aws-apigateway"),
    ("x-dd-proxy-request-time-ms", "1729780025473"),
    ("x-dd-proxy-domain-name", "api.example.com"),
    ("x-dd-proxy-httpmethod", "GET"),
    ("x-dd-proxy-path", "/prod/orders/42"),
    ("x-dd-proxy-stage", "prod"),
    ("x-dd-proxy-resource-path", "/orders/{id}"),
    ("x-dd-proxy-account-id", "123456789012"),
    ("x-dd-proxy-api-id", "a1b2c3d4e5"),
    ("x-dd-proxy-region", "eu-west-1"),
];

const X_RAY_ROOT: Pair = ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678");
const X_RAY_PARENT: Pair =
    ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1");
const SAMPLED: Pair = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
const UNSAMPLED: Pair = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
const BAD_TIME: Pair = ("x-dd-proxy-request-time-ms", "$context.requestTime");

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::NoHeaders, Self::Root, Self::SampledParent, Self::UnsampledParent, Self::XRayParent, Self::Rejected];

    pub fn pairs(self) -> Vec<Pair> {
        let mut pairs = OTHERS.to_vec();
        if self != Self::NoHeaders {
            pairs.extend(MAPPED);
        }
        pairs.push(X_RAY_ROOT);
        let different = match self {
            Self::NoHeaders | Self::Root => return pairs,
            Self::SampledParent => SAMPLED,
            Self::UnsampledParent => UNSAMPLED,
            Self::XRayParent => X_RAY_PARENT,
            Self::Rejected => BAD_TIME,
        };
        pairs.retain(|(name, _)| *name != different.0);
        pairs.push(different);
        pairs
    }

    /// What a case with such a request is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoHeaders => "no gateway headers",
            Self::Root => "real request",
            Self::SampledParent => "real request with traceparent",
            Self::UnsampledParent => "unsampled parent",
            Self::XRayParent => "X-Ray parent",
            Self::Rejected => "rejected",
        }
    }

    /// Requests of this kind, one after the other.
    pub fn requests(self) -> impl Fn() -> Request<Body> + Clone {
        copies(self.request())
    }

    pub fn request(self) -> Request<Body> {
        let mut request = Request::get("/orders/42").body(Body::default()).expect("a path is a URI");
        *request.headers_mut() = self.headers();
        request.extensions_mut().insert(RouterExtension);
        request
    }

    pub fn headers(self) -> HeaderMap {
        let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        self.pairs().into_iter().map(pair).collect()
    }
}

#[derive(Clone, Debug)]
struct RouterExtension;

/// Copies of a request, one after the other.
pub fn copies(request: Request<Body>) -> impl Fn() -> Request<Body> + Clone {
    move || {
        let mut copy = request.clone();
        // A copied map has no room for another header; one that hyper fills has.
        let mut headers = HeaderMap::with_capacity(2 * request.headers().len());
        headers.extend(request.headers().clone());
        *copy.headers_mut() = headers;
        copy
    }
}
