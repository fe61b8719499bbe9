//! Sends a request through a service as a server would, without a runtime.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{self, Future};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use tower_service::Service;

use crate::requests::Body;

/// What stands below every layer: it answers `ok` at once, and keeps the request.
#[derive(Clone, Copy, Debug)]
pub struct Bare;

impl Service<Request<Body>> for Bare {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    // An application is too large to become part of its layers.
    #[inline(never)]
    fn call(&mut self, request: Request<Body>) -> Self::Future {
        sink::store(black_box(request));
        future::ready(Ok(Response::new(Body::new(Bytes::from_static(b"ok")))))
    }
}

/// Sends one request, and takes the response as hyper does: no frame is asked for after the last.
pub fn send<S, B>(service: &mut S, request: Request<Body>)
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Debug,
    B: http_body::Body,
{
    poll_ready_now(future::poll_fn(|cx| service.poll_ready(cx))).expect("ready");
    let response = poll_ready_now(service.call(black_box(request))).expect("a response");
    drain(response);
}

pub fn drain<B: http_body::Body>(response: Response<B>) {
    let (head, body) = response.into_parts();
    black_box(head);
    let mut body = pin!(body);
    while !body.is_end_stream() {
        let frame = poll_ready_now(future::poll_fn(|cx| body.as_mut().poll_frame(cx)));
        match black_box(frame) {
            Some(Ok(_)) => {}
            _ => break,
        }
    }
}

/// The output of a future that never waits.
pub fn poll_ready_now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here has to wait"),
    }
}

/// Keeps the requests that came through. Dropping them costs more instructions than the layer, and the cost varies; they
/// are kept until measurement ends.
pub mod sink {
    use std::cell::RefCell;

    use actix_web::http::header::HeaderMap;
    use http::Request;

    use crate::requests::Body;

    thread_local! {
        static REQUESTS: RefCell<Vec<Request<Body>>> = const { RefCell::new(Vec::new()) };
        static ACTIX: RefCell<Vec<HeaderMap>> = const { RefCell::new(Vec::new()) };
    }

    pub fn store(request: Request<Body>) {
        REQUESTS.with_borrow_mut(|requests| requests.push(request));
    }

    pub fn store_actix(headers: HeaderMap) {
        ACTIX.with_borrow_mut(|kept| kept.push(headers));
    }

    /// The request that came through last.
    pub fn take_last() -> Option<Request<Body>> {
        REQUESTS.with_borrow_mut(Vec::pop)
    }

    /// Drops them, and makes room for as many.
    pub fn reset(room: usize) {
        REQUESTS.with_borrow_mut(|requests| {
            requests.clear();
            requests.reserve(room);
        });
        ACTIX.with_borrow_mut(|headers| {
            headers.clear();
            headers.reserve(room);
        });
    }
}
