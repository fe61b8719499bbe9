//! The client: polls the response and its body, or drops them.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::application::{Failure, RequestBody};
use super::driver::Leftovers;
use super::events::{Event, Shared};
use super::input::Client;
use super::panics::{catch_deliberate, deliberate_panic};

/// Polls as often as the client does, and returns what it still holds then.
pub(crate) fn drive<S, B>(
    mut service: S,
    request: Request<RequestBody>,
    client: &Client,
    seen: &Shared,
) -> Option<Leftovers>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Failure>,
    S::Future: 'static,
    B: Body<Data = Bytes, Error = Failure> + 'static,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = Box::pin(catch_deliberate(|| service.call(request))?);
    let mut polls = 0;
    let response = loop {
        if polls == client.future_polls % 8 {
            return Some(Box::new(future));
        }
        polls += 1;
        match catch_deliberate(|| future.as_mut().poll(&mut cx)) {
            None => return Some(Box::new(future)),
            Some(Poll::Pending) => {}
            Some(Poll::Ready(Err(Failure))) => {
                assert!(seen.borrow().events.contains(&Event::ServiceFailed));
                return Some(Box::new(future));
            }
            Some(Poll::Ready(Ok(response))) => break response,
        }
    };
    drop(future);
    let mut body = Box::pin(response.into_body());
    let mut frames = Vec::new();
    for _ in 0..client.body_polls % 16 {
        if client.asks_for_the_end && body.is_end_stream() {
            break;
        }
        let hint = body.size_hint();
        assert!(hint.upper().is_none_or(|upper| hint.lower() <= upper));
        match catch_deliberate(|| body.as_mut().poll_frame(&mut cx)) {
            None => break,
            Some(Poll::Pending) => {}
            Some(Poll::Ready(Some(Ok(frame)))) => frames.push(frame.data_ref().map(Bytes::len)),
            Some(Poll::Ready(end)) => {
                let end = end.map(|frame| frame.is_ok());
                let last = if end.is_none() { Event::Ended } else { Event::BodyFailed };
                assert!(seen.borrow().events.contains(&last) || end.is_none());
                if client.polls_after_the_end {
                    let again = pin!(&mut body).poll_frame(&mut cx);
                    assert!(matches!(again, Poll::Ready(None)), "not at its end any more");
                }
                break;
            }
        }
    }
    assert_eq!(seen.borrow().frames, frames, "every frame, as it came");
    Some(Box::new(body))
}

/// Drops what the client holds.
pub(crate) fn discard(leftovers: Option<Leftovers>, in_a_panic: bool) {
    if in_a_panic {
        // Another panic drops it while unwinding: a second panic would then abort the process.
        catch_deliberate(|| {
            let _held = leftovers;
            deliberate_panic();
        });
    }
}
