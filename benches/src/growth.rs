//! How the cost grows.
//!
//! | series | grows |
//! |---|---|
//! | `N headers` | headers of the request beside the gateway's, 5 to 100; with and without the gateway's |
//! | `path of N bytes` | the longest value, up to the limit of 8 KiB and beyond |
//! | `domain of N bytes` | a value that becomes three attributes, up to the limit of 2 KiB and beyond |
//! | `N different domains` | services, of which the layer remembers the first hundred |
//! | `body of N frames` | frames, for each of which the context is attached |
//! | `N streams at once` | responses whose heads are there and whose bodies aren't |

use std::cell::Cell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{ready, Ready};
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Frame;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::case::{Case, NOTHING};
use crate::drive::{drain, poll_ready_now, sink, Bare};
use crate::requests::{copies, Body, Kind};
use crate::tower::layer;

const HEADERS: [usize; 5] = [5, 12, 25, 50, 100];
const PATHS: [usize; 5] = [16, 256, 2_048, 8_192, 8_193];
const DOMAINS: [usize; 5] = [16, 256, 1_024, 2_048, 2_049];
/// No more than a run has requests.
const DISTINCT: [usize; 4] = [1, 10, 100, 400];
const FRAMES: [usize; 3] = [1, 10, 100];
const STREAMS: [usize; 4] = [1, 10, 100, 400];

/// Each case comes after its baseline, which is the bare service.
pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    let mut cases = Vec::new();
    for count in HEADERS {
        let name = format!("no gateway headers, {count} headers");
        let requests = copies(with_others(Kind::NoHeaders, count));
        cases.extend(pair(provider, name, Bare, requests));
    }
    for count in HEADERS {
        let name = format!("sampled, {count} headers");
        let requests = copies(with_others(Kind::Root, count));
        cases.extend(pair(provider, name, Bare, requests));
    }
    for length in PATHS {
        let path = "/".to_owned() + &"p".repeat(length - 1);
        let name = format!("sampled, path of {length} bytes");
        let requests = copies(with("x-dd-proxy-path", path));
        cases.extend(pair(provider, name, Bare, requests));
    }
    for length in DOMAINS {
        let name = format!("sampled, domain of {length} bytes");
        let requests = copies(with("x-dd-proxy-domain-name", "d".repeat(length)));
        cases.extend(pair(provider, name, Bare, requests));
    }
    for count in DISTINCT {
        let name = format!("sampled, {count} different domains");
        cases.extend(pair(provider, name, Bare, distinct_domains(count)));
    }
    for count in FRAMES {
        let name = format!("sampled, body of {count} frames");
        cases.extend(pair(provider, name, Frames(count), Kind::Root.requests()));
    }
    for count in STREAMS {
        let name = format!("sampled, {count} streams at once");
        let bare = format!("bare: {name}");
        cases.push(streams(bare.clone(), NOTHING.into(), Bare, count));
        cases.push(streams(name, bare, layer(provider).layer(Bare), count));
    }
    cases
}

fn pair<S, B>(
    provider: &SdkTracerProvider,
    name: String,
    service: S,
    requests: impl Fn() -> Request<Body> + Clone + 'static,
) -> [Case; 2]
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + 'static,
    B: http_body::Body,
{
    let (bare, ours) = (format!("bare: {name}"), layer(provider).layer(service.clone()));
    [Case::tower(bare.clone(), NOTHING, service, requests.clone()), Case::tower(name, bare, ours, requests)]
}

/// The gateway's headers, if it has any, and `count` others.
fn with_others(kind: Kind, count: usize) -> Request<Body> {
    let mut request = kind.request();
    let headers = request.headers_mut();
    let ours: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-dd-proxy"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let others: Vec<_> = headers
        .iter()
        .filter(|(name, _)| !name.as_str().starts_with("x-dd-proxy"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .take(count)
        .collect();
    let missing = (others.len()..count).map(|number| {
        let name = format!("x-custom-{number}").parse::<HeaderName>();
        (name.expect("a name"), HeaderValue::from_static("some value"))
    });
    *headers = HeaderMap::from_iter(others.iter().cloned().chain(missing).chain(ours));
    request
}

fn with(name: &'static str, value: String) -> Request<Body> {
    let mut request = Kind::Root.request();
    let value = HeaderValue::try_from(value).expect("a value");
    request.headers_mut().insert(name, value);
    request
}

/// As long as each other, whatever their number.
fn distinct_domains(count: usize) -> impl Fn() -> Request<Body> + Clone {
    let next = Cell::new(0);
    let requests = copies(Kind::Root.request());
    move || {
        let mut request = requests();
        let domain = format!("api-{:04}.example.com", next.get() % count);
        next.set(next.get() + 1);
        let value = HeaderValue::try_from(domain).expect("a value");
        request.headers_mut().insert("x-dd-proxy-domain-name", value);
        request
    }
}

/// Each request's response is left as it is, until so many are: then the oldest is taken.
fn streams<S, B>(name: String, baseline: String, mut service: S, count: usize) -> Case
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    B: http_body::Body + 'static,
{
    let mut under_way = VecDeque::with_capacity(count);
    Case::new(name, baseline, Kind::Root.requests(), move |request| {
        let response = poll_ready_now(service.call(black_box(request)));
        under_way.push_back(response.expect("a response"));
        if under_way.len() == count {
            drain(under_way.pop_front().expect("one"));
        }
    })
}

/// Answers with so many frames. Also the body that has so many left.
#[derive(Clone, Copy, Debug)]
struct Frames(usize);

impl Service<Request<Body>> for Frames {
    type Response = Response<Self>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline(never)]
    fn call(&mut self, request: Request<Body>) -> Self::Future {
        sink::store(black_box(request));
        ready(Ok(Response::new(*self)))
    }
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.checked_sub(1).map(|left| {
            self.0 = left;
            Ok(Frame::data(Bytes::from_static(b"part")))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.0 == 0
    }
}
