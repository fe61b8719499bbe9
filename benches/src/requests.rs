//! The requests that are sent.
//!
//! | kind | headers, beside twelve of any request |
//! |---|---|
//! | `NoHeaders` | none |
//! | `Root` | the seven `x-dd-proxy*` headers that every API maps |
//! | `RootAllHeaders` | those, and account, API and region |
//! | `UnsampledParent` | the seven, and a `traceparent` that isn't sampled |
//! | `SampledParent` | the seven, and a `traceparent` that is sampled, so that it has to be rewritten |
//! | `XRayRoot` | the seven, and `X-Amzn-Trace-Id` as the gateway sends it without active tracing |
//! | `XRayParent` | the seven, and `X-Amzn-Trace-Id` as the gateway sends it with active tracing |
//! | `Rejected` | the seven, the time of which is no number |

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::Full;

/// The body of requests and responses.
pub type Body = Full<Bytes>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NoHeaders,
    Root,
    RootAllHeaders,
    UnsampledParent,
    SampledParent,
    XRayRoot,
    XRayParent,
    Rejected,
}

type Pair = (&'static str, &'static str);

const OTHERS: [Pair; 12] = [
    ("host", "orders.internal.example.com"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("accept", "application/json, text/plain, */*"),
    ("accept-encoding", "gzip, deflate, br"),
    ("accept-language", "en-GB,en;q=0.7"),
    ("authorization", "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2ln"),
    ("cache-control", "no-cache"),
    ("cookie", "session=8d4f0a7c2b; theme=dark"),
    ("referer", "https://shop.example.com/basket"),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-port", "443"),
    ("x-forwarded-proto", "https"),
];

const SEVEN: [Pair; 7] = [
    ("x-dd-proxy", "aws-apigateway"),
    ("x-dd-proxy-request-time-ms", "1729780025473"),
    ("x-dd-proxy-domain-name", "api.example.com"),
    ("x-dd-proxy-httpmethod", "GET"),
    ("x-dd-proxy-path", "/prod/orders/42"),
    ("x-dd-proxy-stage", "prod"),
    ("x-dd-proxy-resource-path", "/orders/{id}"),
];

const THREE: [Pair; 3] = [
    ("x-dd-proxy-account-id", "123456789012"),
    ("x-dd-proxy-api-id", "a1b2c3d4e5"),
    ("x-dd-proxy-region", "eu-west-1"),
];

const UNSAMPLED: Pair = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
const SAMPLED: Pair = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
const X_RAY_ROOT: Pair = ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678");
const X_RAY_PARENT: Pair =
    ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1");
const BAD_TIME: Pair = ("x-dd-proxy-request-time-ms", "$context.requestTime");

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::NoHeaders,
        Self::UnsampledParent,
        Self::Root,
        Self::RootAllHeaders,
        Self::SampledParent,
        Self::XRayRoot,
        Self::XRayParent,
        Self::Rejected,
    ];

    pub fn pairs(self) -> Vec<Pair> {
        let mut pairs = OTHERS.to_vec();
        if self != Self::NoHeaders {
            pairs.extend(SEVEN);
        }
        match self {
            Self::NoHeaders | Self::Root => {}
            Self::RootAllHeaders => pairs.extend(THREE),
            Self::UnsampledParent => pairs.push(UNSAMPLED),
            Self::SampledParent => pairs.push(SAMPLED),
            Self::XRayRoot => pairs.push(X_RAY_ROOT),
            Self::XRayParent => pairs.push(X_RAY_PARENT),
            Self::Rejected => {
                pairs.retain(|(name, _)| *name != BAD_TIME.0);
                pairs.push(BAD_TIME);
            }
        }
        pairs
    }

    /// What a case with such a request is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoHeaders => "no gateway headers",
            Self::Root => "sampled",
            Self::RootAllHeaders => "sampled, all ten headers",
            Self::UnsampledParent => "unsampled parent",
            Self::SampledParent => "sampled, rewrite",
            Self::XRayRoot => "X-Ray root",
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
        request
    }

    pub fn headers(self) -> HeaderMap {
        let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        self.pairs().into_iter().map(pair).collect()
    }
}

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
