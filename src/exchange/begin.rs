//! From a request with `x-dd-proxy`, or with an event of AWS Lambda, to an exchange.

use std::sync::Arc;

use super::deadline::Deadline;
use super::exchange::Exchange;
use super::inferred_span::{Above, InferredSpan, NoExchange};
use super::origin::{FromHeaders, Origin};
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
use crate::request::{Headers, KeptHeaders, RequestView, XRay};

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
        (false, true) => {
            hints::with_header();
            begin_exchange(core, line, &FromHeaders, request)
        }
        (false, false) => {
            hints::without_header(|| request.pairs().any(|(name, _)| is_proxy_header(name)));
            None
        }
        (true, _) => None,
    };
    strip(core, request);
    exchange
}

/// Begins an exchange if what the gateway said is valid and trusted. Otherwise counts and logs the reason.
///
/// Leaves word in the request's extensions either way, so that a second layer, in whatever task or thread, leaves the
/// request alone.
pub(super) fn begin_exchange(
    core: &Arc<Core>,
    line: RequestLine,
    origin: &impl Origin,
    request: &mut impl RequestParts,
) -> Option<Box<Exchange>> {
    if request.has_extension::<InferredSpan>() || request.has_extension::<NoExchange>() {
        return None;
    }
    // Whatever the application has given to OpenTelemetry or to the layer is called in here, and may panic. The guard
    // isn't around the service's call: a panic of the application is its own business, and goes on.
    match catch_panic(|| try_begin(core, line, origin, request)).unwrap_or(Err(NotBegun::Panicked)) {
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

fn try_begin<O: Origin>(
    core: &Arc<Core>,
    line: RequestLine,
    origin: &O,
    parts: &mut impl RequestParts,
) -> Result<Box<Exchange>, NotBegun> {
    let received = Received::now(core.wall_clock);
    let is_vouched_for = origin.is_vouched_for(core, &*parts)?;
    let mut found = Headers::scan(parts.pairs());
    let request = origin.read(core, &*parts, &mut found, is_vouched_for)?;
    let header = |name: &str| parts.first(name);
    let view = RequestView::new(&request, &header);
    core.trust.check(&view, received.time())?;

    let to_the_second = (core.whole_second_times && !O::IS_EVENT) || request.is_timed_in_seconds();
    let start = received.start_of(request.request_time(), to_the_second && request.is_whole_second());
    let age = received.time().duration_since(start.earliest).unwrap_or_default();
    hints::accepted(&request, age);
    let x_ray = request.x_ray().filter(|_| core.x_ray != XRay::Ignore);
    let Parent { context: parent, carried, links, is_recorded, read } =
        Parent::choose(&core.propagator, &*parts, found.propagation, x_ray, core.x_ray, O::IS_EVENT);
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
        is_cold_start: origin.is_cold_start(),
        timeout: core.integration_timeout.or(request.proxy().integration_timeout()),
    };
    let exchange = Box::new(Exchange {
        core: Arc::clone(core),
        state: State::new(line.is_head),
        inferred_span: InferredSpan::new(above, KeptHeaders::new(&request, &found)),
        received,
        deadline: Deadline::new(core.integration_timeout, request.proxy(), age),
        observations: observe(core, &Begun { span: made, request: &request, protocol: line.protocol, transit }),
        #[cfg(feature = "lambda")]
        place: super::answer::Place::Alone,
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
