//! How the cost grows.
//!
//! | series | what grows |
//! |---|---|
//! | `N headers` | the request's headers, with and without the gateway's |
//! | `a path of N bytes` | the longest value, up to its limit of 8 KiB |
//! | `a domain of N bytes` | a value that becomes three attributes, up to its limit of 2 KiB |
//! | `one of N domains` | the services, of which the layer remembers the first hundred |
//! | `N members of baggage` | what the SDK's propagator for it reads, up to W3C's limits of 64 and 8 KiB |
//! | `N frames` | the body's frames, for each of which the context is attached |
//! | `N streams at once` | responses whose heads were sent and whose bodies weren't |

use std::cell::Cell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{ready, Ready};
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::Frame;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::case::{Case, NOTHING};
use crate::drive::{drain, poll_ready_now, sink, Bare};
use crate::requests::{copies, Body, Kind};
use crate::tower::{layer, pair};

const HEADERS: [usize; 3] = [25, 50, 100];
const PATHS: [usize; 3] = [16, 2_048, 8_192];
const DOMAINS: [usize; 2] = [16, 2_048];
/// No more than a case runs requests.
const DISTINCT: [usize; 3] = [1, 100, 400];
const BAGGAGE: [usize; 3] = [1, 8, 64];
const FRAMES: [usize; 3] = [1, 10, 100];
const STREAMS: [usize; 3] = [1, 100, 400];

pub fn cases(provider: &SdkTracerProvider) -> Vec<Case> {
    let layer = layer(provider);
    let mut cases = Vec::new();
    for kind in [Kind::NoHeaders, Kind::Root] {
        for count in HEADERS {
            let name = format!("{} of {count} headers", kind.name());
            cases.extend(pair(&layer, &name, Bare, copies(with_more(kind, count))));
        }
    }
    for length in PATHS {
        let path = "/".to_owned() + &"p".repeat(length - 1);
        let requests = copies(with("x-dd-proxy-path", path));
        cases.extend(pair(&layer, &format!("real request with a path of {length} bytes"), Bare, requests));
    }
    for length in DOMAINS {
        let requests = copies(with("x-dd-proxy-domain-name", "d".repeat(length)));
        cases.extend(pair(&layer, &format!("real request with a domain of {length} bytes"), Bare, requests));
    }
    for count in DISTINCT {
        let name = format!("real request with one of {count} domains");
        cases.extend(pair(&self::layer(provider), &name, Bare, distinct_domains(count)));
    }
    let propagators: [Box<dyn TextMapPropagator + Send + Sync>; 2] =
        [Box::new(TraceContextPropagator::new()), Box::new(BaggagePropagator::new())];
    let with_baggage = layer.clone().propagator(TextMapCompositePropagator::new(propagators.into()));
    for count in BAGGAGE {
        let members = (0..count).map(|number| format!("key-{number}={}", "v".repeat(117)));
        let requests = copies(with("baggage", members.collect::<Vec<_>>().join(",")));
        cases.extend(pair(&with_baggage, &format!("real request with {count} members of baggage"), Bare, requests));
    }
    for count in FRAMES {
        let name = format!("real request with {count} frames");
        cases.extend(pair(&layer, &name, Frames(count), Kind::Root.requests()));
    }
    for count in STREAMS {
        let name = format!("real request with {count} streams at once");
        let bare = format!("bare: {name}");
        cases.push(streams(bare.clone(), NOTHING.into(), Bare, count));
        cases.push(streams(name, bare, layer.layer(Bare), count));
    }
    cases
}

fn with_more(kind: Kind, count: usize) -> Request<Body> {
    let mut request = kind.request();
    let headers = request.headers_mut();
    for number in headers.len()..count {
        let name: HeaderName = format!("x-custom-{number}").parse().expect("a name");
        headers.insert(name, HeaderValue::from_static("some value"));
    }
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

/// Leaves each request's response as it is until `count` are open; then it drains the oldest.
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

/// Answers with this number of frames; also the body that has this number left.
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
