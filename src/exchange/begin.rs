//! From a request with `x-dd-proxy` to an exchange.

use std::sync::Arc;

use super::deadline::Deadline;
use super::exchange::{Above, Exchange};
use super::nesting;
use super::state::State;
use super::strip::strip;
use crate::catch_panic::catch_panic;
use crate::clock::Received;
use crate::core::Core;
use crate::hints;
use crate::observe::span::{GatewaySpan, Start};
use crate::observe::{Begun, NotBegun, Observation, Observer as _, SpanMade};
use crate::parent::{Parent, RequestHeaders};
use crate::request::{Headers, ProxyRequest, RequestView, XRay};

/// What a service does with a request that has `x-dd-proxy`, or with any if it strips headers: begins its exchange, and
/// strips.
// Cold and never inlined, so that other requests don't pay for its stack frame.
#[cold]
#[inline(never)]
pub(crate) fn begin(
    core: &Arc<Core>,
    has_proxy: bool,
    is_head: bool,
    headers: &mut impl RequestHeaders,
) -> Option<Box<Exchange>> {
    let exchange = match (core.is_off, has_proxy) {
        (false, true) => begin_exchange(core, is_head, headers),
        (false, false) => {
            hints::without_header();
            None
        }
        (true, _) => None,
    };
    // A step of its own, whatever became of the exchange: an application that forwards its headers must not pass on
    // what a client has made up either, nor the secret.
    if core.strip_headers {
        strip(core, headers);
    }
    exchange
}

/// Begins an exchange if the gateway's headers are valid and trusted. Otherwise counts and logs the reason.
fn begin_exchange(core: &Arc<Core>, is_head: bool, headers: &mut impl RequestHeaders) -> Option<Box<Exchange>> {
    hints::with_header();
    if nesting::is_inside() {
        return None;
    }
    // Whatever the application has given to OpenTelemetry or to the layer is called in here, and may panic. The guard
    // isn't around the service's call: a panic of the application is its own business, and goes on.
    let begun = catch_panic(|| try_begin(core, is_head, headers)).unwrap_or(Err(NotBegun::Panicked));
    begun.map_err(|reason| not_begun(core, &reason)).ok()
}

fn not_begun(core: &Core, reason: &NotBegun) {
    if let NotBegun::Rejected(rejection) = reason {
        tracing::debug!("no gateway span: {rejection}");
    }
    core.counters.not_begun(reason);
    for observer in &core.observers {
        catch_panic(|| observer.not_begun(reason));
    }
}

fn try_begin(core: &Arc<Core>, is_head: bool, headers: &mut impl RequestHeaders) -> Result<Box<Exchange>, NotBegun> {
    let received = Received::now(core.wall_clock);
    let found = Headers::scan(headers.pairs());
    let request = ProxyRequest::read(&found)?;
    hints::mapping_mistakes(request.mistakes());
    let header = |name: &str| headers.first(name);
    let view = RequestView::new(&request, &header);
    core.trust.check(&view, received.time())?;

    let (time, skew) = received.start_of(request.request_time());
    let x_ray = request.x_ray().filter(|_| core.x_ray != XRay::Ignore);
    let (made, above, rewrite) = match Parent::choose(&core.propagator, &*headers, found.propagation, x_ray, core.x_ray)
    {
        Parent::AlreadyRecorded(context) => (SpanMade::AlreadyRecorded, Above::Other(context), None),
        Parent::Context { context: parent, carried, links, headers_to_rewrite } => {
            let start = Start {
                request: &request,
                x_ray,
                time,
                skew,
                parent: &parent,
                carried: carried.as_ref().unwrap_or(&parent),
                links,
            };
            match GatewaySpan::start(&core.tracer, &core.span, start) {
                Some(span) => (SpanMade::Yes, Above::Gateway(span), headers_to_rewrite.map(|read| (read, parent))),
                None => {
                    hints::no_tracer_provider();
                    if core.observers.is_empty() {
                        return Err(NotBegun::NoTracerProvider);
                    }
                    (SpanMade::NoTracerProvider, Above::Other(carried.unwrap_or(parent)), None)
                }
            }
        }
    };
    let exchange = Box::new(Exchange {
        core: Arc::clone(core),
        state: State::new(is_head),
        above,
        received,
        proxy: request.proxy(),
        deadline: Deadline::new(
            core.integration_timeout,
            request.proxy(),
            received.time().duration_since(time).unwrap_or_default(),
        ),
        observations: observe(core, &Begun { span: made, request: &view, started: time }),
    });
    if let Some((read, parent)) = rewrite {
        // Guarded separately: a panic here must not lose the span.
        catch_panic(|| core.propagator.rewrite(headers, read, &parent, exchange.above.context()));
    }
    Ok(exchange)
}

fn observe(core: &Core, begun: &Begun<'_>) -> Vec<Box<dyn Observation>> {
    let mut observations = Vec::new();
    observations.extend(core.counters.begin(begun));
    for observer in &core.observers {
        // Nothing is allocated for observers that keep nothing.
        observations.extend(catch_panic(|| observer.begin(begun)).flatten());
    }
    observations
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http::HeaderMap;

    use super::*;
    use crate::exchange::Failure;
    use crate::observe::{ErrorType, Observer, Outcome};

    /// Writes down what it learns; keeps something for the end of each exchange, or not.
    #[derive(Debug, Default)]
    struct Notes {
        lines: Arc<Mutex<Vec<String>>>,
        keeps: bool,
    }

    struct Kept(Arc<Mutex<Vec<String>>>);

    impl Observer for Notes {
        fn begin(&self, begun: &Begun<'_>) -> Option<Box<dyn Observation>> {
            let stage = begun.request.gateway().stage().map(str::to_owned);
            let line = format!("begins: {:?}, stage {stage:?}, {:?}", begun.span, begun.started);
            self.lines.lock().expect("not poisoned").push(line);
            self.keeps.then(|| Box::new(Kept(Arc::clone(&self.lines))) as _)
        }

        fn not_begun(&self, reason: &NotBegun) {
            self.lines.lock().expect("not poisoned").push(format!("doesn't begin: {reason:?}"));
        }
    }

    impl Observation for Kept {
        fn end(self: Box<Self>, outcome: &Outcome) {
            self.0.lock().expect("not poisoned").push(format!("ends: {:?} {:?}", outcome.status, outcome.error));
        }
    }

    fn observed(keeps: bool) -> (Arc<Core>, Arc<Mutex<Vec<String>>>) {
        let notes = Notes { keeps, ..Notes::default() };
        let lines = Arc::clone(&notes.lines);
        (Arc::new(Core { observers: vec![Arc::new(notes)], ..Core::default() }), lines)
    }

    fn headers(time: &'static str) -> HeaderMap {
        let pairs =
            [("x-dd-proxy", "aws-apigateway"), ("x-dd-proxy-request-time-ms", time), ("x-dd-proxy-stage", "prod")];
        let pairs =
            pairs.into_iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
        pairs.collect()
    }

    #[test]
    fn without_a_tracer_provider_an_observer_sees_the_exchange() {
        let (core, lines) = observed(true);
        let mut exchange = begin(&core, true, false, &mut headers("1000000000000")).expect("an exchange");
        assert!(matches!(exchange.above, Above::Other(_)));
        exchange.record_response(200, Some(2));
        exchange.fail(Failure::Body);
        drop(exchange);
        let lines = lines.lock().expect("not poisoned");
        let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_000_000_000_000);
        let expected = [
            format!("begins: NoTracerProvider, stage Some(\"prod\"), {time:?}"),
            format!("ends: Some(Application(200)) {:?}", Some(ErrorType::Body)),
        ];
        assert_eq!(*lines, expected);
        assert_eq!(core.counters.read().no_tracer_provider(), 1);
    }

    #[test]
    fn an_observer_that_keeps_nothing_costs_no_allocation() {
        let (core, lines) = observed(false);
        let exchange = begin(&core, true, false, &mut headers("1000000000000")).expect("an exchange");
        assert_eq!(exchange.observations.capacity(), 0);
        drop(exchange);
        assert_eq!(lines.lock().expect("not poisoned").len(), 1);
    }

    #[test]
    fn an_observer_learns_of_rejections() {
        let (core, lines) = observed(true);
        assert!(begin(&core, true, false, &mut headers("soon")).is_none());
        let expected = "doesn't begin: Rejected(InvalidRequestTime(\"soon\"))";
        assert_eq!(*lines.lock().expect("not poisoned"), [expected]);
    }

    #[test]
    fn an_observer_that_panics_takes_nobody_along() {
        #[derive(Debug)]
        struct Panics;
        impl Observer for Panics {
            fn begin(&self, _: &Begun<'_>) -> Option<Box<dyn Observation>> {
                panic!("boom")
            }
        }
        let (core, lines) = observed(true);
        let mut core = Core::clone(&core);
        core.observers.insert(0, Arc::new(Panics));
        drop(begin(&Arc::new(core), true, false, &mut headers("1000000000000")));
        assert_eq!(lines.lock().expect("not poisoned").len(), 2);
    }

    #[test]
    fn without_provider_and_observer_there_is_no_exchange() {
        let core = Arc::new(Core::default());
        assert!(begin(&core, true, false, &mut headers("1000000000000")).is_none());
        assert_eq!(core.counters.read().no_tracer_provider(), 1);
    }
}
