//! What happens in an exchange, recorded by the application and the span processor.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, SpanId};

use super::input::Processor;
use super::panics::deliberate_panic;

/// What the application and the span processor recorded in one exchange.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Number of calls of the service.
    pub(crate) calls: u32,
    /// The headers that the service got.
    pub(crate) headers: HeaderMap,
    /// The span that was current in the call.
    pub(crate) current: Option<SpanContext>,
    /// The span that the layer's propagator extracts from the headers.
    pub(crate) named: Option<SpanContext>,
    /// The span in the request's extensions.
    pub(crate) carried: Option<SpanContext>,
    pub(crate) events: Vec<Event>,
    /// Lengths of the data frames that the body gave; `None` for trailers.
    pub(crate) frames: Vec<Option<usize>>,
}

/// A step of an exchange, in the order in which they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Responded { status: u16, length: Option<u64> },
    Sent(u64),
    Trailers,
    EndedWithFrame,
    Ended,
    ServiceFailed,
    BodyFailed,
    Panicked,
    FutureDropped,
    BodyDropped,
    SpanEnded,
}

pub(crate) type Shared = Rc<RefCell<Seen>>;

thread_local! {
    static PROCESSOR: Cell<Processor> = const { Cell::new(Processor::Fine) };
    /// The exchange that is being driven, to which spans that start belong.
    static CURRENT: RefCell<Option<Shared>> = const { RefCell::new(None) };
    /// The exchange in which each span started.
    static OWNERS: RefCell<Vec<(SpanId, Shared)>> = const { RefCell::new(Vec::new()) };
}

/// Forgets earlier inputs.
pub(crate) fn observe(processor: Processor) {
    PROCESSOR.set(processor);
    CURRENT.set(None);
    OWNERS.with_borrow_mut(Vec::clear);
}

/// Starts an exchange: spans that start from now on belong to it.
pub(crate) fn start_exchange() -> Shared {
    let seen = Shared::default();
    CURRENT.set(Some(Rc::clone(&seen)));
    seen
}

/// Whether the span started in this exchange.
pub(crate) fn is_owner(seen: &Shared, id: SpanId) -> bool {
    let is_it = |(other, owner): &(SpanId, Shared)| *other == id && Rc::ptr_eq(owner, seen);
    OWNERS.with_borrow(|owners| owners.iter().any(is_it))
}

pub(crate) fn on_start(id: SpanId) {
    let current = CURRENT.with_borrow(Clone::clone).expect("an exchange at work");
    OWNERS.with_borrow_mut(|owners| owners.push((id, current)));
    if PROCESSOR.get() == Processor::PanicsAtStart {
        deliberate_panic();
    }
}

pub(crate) fn on_end(id: SpanId) {
    OWNERS.with_borrow(|owners| {
        let owner = owners.iter().find(|(other, _)| *other == id);
        let (_, seen) = owner.expect("it has started");
        seen.borrow_mut().events.push(Event::SpanEnded);
    });
    if PROCESSOR.get() == Processor::PanicsAtEnd {
        deliberate_panic();
    }
}
