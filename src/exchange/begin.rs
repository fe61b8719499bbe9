//! From a request with `x-dd-proxy` to an exchange.

use std::sync::Arc;

use super::deadline::Deadline;
use super::exchange::Exchange;
use super::inferred_span::{Above, InferredSpan, NoExchange};
use super::state::State;
use super::strip::strip;
use crate::catch_panic::catch_panic;
use crate::clock::Received;
use crate::core::Core;
use crate::hints;
use crate::observe::span::{GatewaySpan, Start};
use crate::observe::{Begun, NotBegun, Observation, Observer as _, SpanMade, Transit};
use crate::parent::{Parent, RequestParts};
use crate::request::names::is_proxy_header;
use crate::request::{Headers, KeptHeaders, ProxyRequest, RequestView, XRay};

/// What only the adapters know of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine {
    pub(crate) is_head: bool,
    /// Such as `HTTP/1.1`.
    pub(crate) protocol: &'static str,
}

/// What a service does with a request that has `x-dd-proxy`, or with any if it strips headers: begins its exchange, and
/// strips.
// Cold and never inlined, so that other requests don't pay for its stack frame.
#[cold]
#[inline(never)]
pub(crate) fn begin(
    core: &Arc<Core>,
    has_proxy: bool,
    line: RequestLine,
    request: &mut impl RequestParts,
) -> Option<Box<Exchange>> {
    let exchange = match (core.is_off, has_proxy) {
        (false, true) => begin_exchange(core, line, request),
        (false, false) => {
            hints::without_header(|| request.pairs().any(|(name, _)| is_proxy_header(name)));
            None
        }
        (true, _) => None,
    };
    // A step of its own, whatever became of the exchange: an application that forwards its headers must not pass on
    // what a client has made up either, nor the secret.
    if core.strip_headers {
        strip(core, request);
    }
    exchange
}

/// Begins an exchange if the gateway's headers are valid and trusted. Otherwise counts and logs the reason.
///
/// Leaves word in the request's extensions either way, so that a second layer, in whatever task or thread, leaves the
/// request alone.
fn begin_exchange(core: &Arc<Core>, line: RequestLine, request: &mut impl RequestParts) -> Option<Box<Exchange>> {
    hints::with_header();
    if request.has_extension::<InferredSpan>() || request.has_extension::<NoExchange>() {
        return None;
    }
    // Whatever the application has given to OpenTelemetry or to the layer is called in here, and may panic. The guard
    // isn't around the service's call: a panic of the application is its own business, and goes on.
    match catch_panic(|| try_begin(core, line, request)).unwrap_or(Err(NotBegun::Panicked)) {
        Ok(exchange) => {
            request.insert_extension(exchange.inferred_span.clone());
            Some(exchange)
        }
        Err(reason) => {
            request.insert_extension(NoExchange);
            not_begun(core, &reason);
            None
        }
    }
}

fn not_begun(core: &Core, reason: &NotBegun) {
    if let NotBegun::Rejected(rejection) = reason {
        hints::rejected(rejection);
    }
    core.counters.not_begun(reason);
    for observer in core.observers.iter() {
        catch_panic(|| observer.not_begun(reason));
    }
}

fn try_begin(core: &Arc<Core>, line: RequestLine, parts: &mut impl RequestParts) -> Result<Box<Exchange>, NotBegun> {
    let received = Received::now(core.wall_clock);
    let is_vouched_for = core.trust.check_secret(|name| parts.first(name))?;
    let mut found = Headers::scan(parts.pairs());
    let request = ProxyRequest::read(&mut found, is_vouched_for)?;
    let header = |name: &str| parts.first(name);
    let view = RequestView::new(&request, &header);
    core.trust.check(&view, received.time())?;

    let to_the_second = core.whole_second_times || request.is_timed_in_seconds();
    let start = received.start_of(request.request_time(), to_the_second && request.is_whole_second());
    let age = received.time().duration_since(start.earliest).unwrap_or_default();
    hints::accepted(&request, age);
    let x_ray = request.x_ray().filter(|_| core.x_ray != XRay::Ignore);
    let Parent { context: parent, carried, links, is_recorded, read } =
        Parent::choose(&core.propagator, &*parts, found.propagation, x_ray, core.x_ray);
    let (made, above) = if is_recorded {
        (SpanMade::AlreadyRecorded, Above::Other(carried.clone()))
    } else {
        let start = Start {
            view: &view,
            x_ray,
            received: received.monotonic(),
            time: start,
            parent: &parent,
            carried: &carried,
            links,
        };
        match GatewaySpan::start(&core.tracer, &core.span, &start) {
            Some(span) => (SpanMade::Yes, Above::Gateway(span)),
            None => {
                hints::no_tracer_provider();
                if !core.observers.want_exchanges() {
                    return Err(NotBegun::NoTracerProvider);
                }
                (SpanMade::NoTracerProvider, Above::Other(carried.clone()))
            }
        }
    };
    let transit = Transit {
        start,
        received: received.time(),
        is_whole_second: request.is_whole_second(),
        timeout: core.integration_timeout.or(request.proxy().integration_timeout()),
    };
    let exchange = Box::new(Exchange {
        core: Arc::clone(core),
        state: State::new(line.is_head),
        inferred_span: InferredSpan::new(above, KeptHeaders::new(&request, &found)),
        received,
        deadline: Deadline::new(core.integration_timeout, request.proxy(), age),
        observations: observe(core, &Begun { span: made, request: &request, protocol: line.protocol, transit }),
    });
    if made != SpanMade::NoTracerProvider {
        // Guarded separately: a panic here must not lose the span.
        catch_panic(|| core.propagator.rewrite(parts, read, &parent, exchange.inferred_span.context()));
    }
    Ok(exchange)
}

fn observe(core: &Core, begun: &Begun<'_>) -> Vec<Box<dyn Observation>> {
    let mut observations = Vec::new();
    observations.extend(core.counters.begin(begun));
    for observer in core.observers.iter() {
        // Nothing is allocated for observers that keep nothing.
        observations.extend(catch_panic(|| observer.begin(begun)).flatten());
    }
    observations
}
