//! What happens in an exchange, as seen from inside.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, SpanId};

use super::input::Processor;
use super::panics::boom;

/// What happened in one exchange, as seen from inside.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) calls: u32,
    pub(crate) headers: HeaderMap,
    pub(crate) current: Option<SpanContext>,
    /// What the headers name, by the same propagator.
    pub(crate) named: Option<SpanContext>,
    pub(crate) events: Vec<Event>,
    pub(crate) frames: Vec<Option<usize>>,
}

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
    pub(crate) static PROCESSOR: Cell<Processor> = const { Cell::new(Processor::Fine) };
    /// The exchange that is at work, so that a span's start can be told to be its.
    pub(crate) static AT_WORK: RefCell<Option<Shared>> = const { RefCell::new(None) };
    pub(crate) static OWNERS: RefCell<Vec<(SpanId, Shared)>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn on_start(id: SpanId) {
    let at_work = AT_WORK.with_borrow(Clone::clone).expect("an exchange at work");
    OWNERS.with_borrow_mut(|owners| owners.push((id, at_work)));
    if PROCESSOR.get() == Processor::PanicsAtStart {
        boom();
    }
}

pub(crate) fn on_end(id: SpanId) {
    OWNERS.with_borrow(|owners| {
        let owner = owners.iter().find(|(other, _)| *other == id);
        let (_, seen) = owner.expect("it has started");
        seen.borrow_mut().events.push(Event::SpanEnded);
    });
    if PROCESSOR.get() == Processor::PanicsAtEnd {
        boom();
    }
}
