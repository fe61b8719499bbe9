//! Sends the requests of an input.

use std::future::Future as _;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::Body;
use opentelemetry::trace::SpanId;
use tower_layer::Layer as _;
use tower_service::Service;

use super::application::{Failure, Inner, Lump};
use super::checks::{check_headers, check_spans};
use super::events::{Event, Shared, AT_WORK, OWNERS, PROCESSOR};
use super::input::{headers, Client, Exchange, Settings};
use super::panics::{boom, meant};
use crate::{split_once, take_log};

/// Runs one input.
pub fn fuzz(data: &[u8]) {
    let (mut rest, mut blocks) = (data, Vec::new());
    while let (true, Some((block, after))) = (blocks.len() < 3, split_once(rest, b"\n\n")) {
        blocks.push(headers(block));
        rest = after;
    }
    let mut control = Unstructured::new(rest);
    let Ok(settings) = Settings::arbitrary(&mut control) else {
        return;
    };
    PROCESSOR.set(settings.processor);
    OWNERS.with_borrow_mut(Vec::clear);
    run(&settings, blocks, &mut control);
    AT_WORK.set(None);
    OWNERS.with_borrow_mut(Vec::clear);
}

fn run(settings: &Settings, blocks: Vec<HeaderMap>, control: &mut Unstructured<'_>) {
    let layer = settings.layer();
    // Its own counts, as that of a nested router has.
    let inner_layer = settings.nested.then(|| settings.layer());
    let mut kept: Vec<Box<dyn std::any::Any>> = Vec::new();
    let mut exchanges = Vec::new();
    for sent in blocks {
        let Ok(exchange) = Exchange::arbitrary(control) else {
            break;
        };
        let seen = Shared::default();
        AT_WORK.set(Some(Rc::clone(&seen)));
        let before = layer.stats();
        let inner = Inner {
            seen: Rc::clone(&seen),
            plan: Some((exchange.panics_in_call, exchange.pending, exchange.outcome)),
            propagation: settings.propagation,
        };
        let method =
            [Method::GET, Method::HEAD, Method::POST, Method::CONNECT][usize::from(exchange.method % 4)].clone();
        let mut request = Request::new(Lump(7));
        *request.method_mut() = method.clone();
        *request.headers_mut() = sent.clone();
        let leftovers = match &inner_layer {
            None => drive(layer.layer(inner), request, &exchange.client, &seen),
            Some(nested) => drive(layer.layer(nested.layer(inner)), request, &exchange.client, &seen),
        };
        if exchange.client.keeps {
            kept.extend(leftovers);
        } else {
            discard(leftovers, exchange.client.drops_in_a_panic);
        }

        let counted: Vec<_> = layer
            .stats()
            .iter()
            .zip(before.iter())
            .filter(|((_, after), (_, before))| after != before)
            .map(|((code, after), (_, before))| (code, after - before))
            .collect();
        let expected = settings.code(&sent);
        match (expected, &counted[..]) {
            (None, []) => {}
            (Some(expected), [(code, 1)]) if *code == expected => {}
            (Some("accepted"), [("panicked", 1)]) if settings.may_panic_late() => {}
            _ => panic!("{counted:?} instead of {expected:?}"),
        }
        let code = counted.first().map(|(code, _)| *code);
        exchanges.push((sent, method == Method::HEAD, code, seen));
    }
    drop(kept);

    let log = take_log();
    for (sent, is_head, code, shared) in &exchanges {
        let seen = shared.borrow();
        assert_eq!(seen.calls, 1, "the application is called once");
        let is_mine = |id: SpanId| {
            let is_it = |(other, owner): &(SpanId, Shared)| *other == id && Rc::ptr_eq(owner, shared);
            OWNERS.with_borrow(|owners| owners.iter().any(is_it))
        };
        let started: Vec<_> = log.started.iter().filter(|id| is_mine(**id)).collect();
        let ended: Vec<_> = log.ended.iter().filter(|span| is_mine(span.span_context.span_id())).collect();
        check_headers(settings, sent, *code, &seen);
        check_spans(settings, *is_head, *code, &seen, &started, &ended);
    }
    if let Some(nested) = inner_layer {
        let stats = nested.stats();
        let outer = layer.stats();
        let passed = outer.accepted() + outer.get("deferred");
        let total: u64 = outer.iter().map(|(_, count)| count).sum();
        let again: u64 = stats.iter().map(|(_, count)| count).sum();
        // Stripped headers leave nothing for it to see.
        assert!(again <= total - passed, "{stats:?} within {outer:?}");
    }
    assert_eq!(log.started.len(), log.ended.len());
    let mut ids: Vec<_> = log.ended.iter().map(|span| span.span_context.span_id()).collect();
    ids.sort_by_key(|id| id.to_bytes());
    ids.dedup();
    assert_eq!(ids.len(), log.ended.len(), "a span ended twice");
}

fn discard(leftovers: Option<Box<dyn std::any::Any>>, in_a_panic: bool) {
    if in_a_panic {
        // A panic elsewhere, that drops what the client holds while it unwinds.
        meant(|| {
            let _held = leftovers;
            boom();
        });
    }
}

/// Does what the client does, and gives back what it still holds then.
fn drive<S, B>(mut service: S, request: Request<Lump>, client: &Client, seen: &Shared) -> Option<Box<dyn std::any::Any>>
where
    S: Service<Request<Lump>, Response = Response<B>, Error = Failure>,
    S::Future: 'static,
    B: Body<Data = Bytes, Error = Failure> + 'static,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = Box::pin(meant(|| service.call(request))?);
    let mut polls = 0;
    let response = loop {
        if polls == client.future_polls % 8 {
            return Some(Box::new(future));
        }
        polls += 1;
        match meant(|| future.as_mut().poll(&mut cx)) {
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
        match meant(|| body.as_mut().poll_frame(&mut cx)) {
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
