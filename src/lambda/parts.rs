//! The client's request in an event, which can be read and not written.

use crate::parent::{RequestHeaders, RequestParts};
use crate::request::context::EventHeaders;

pub(super) struct EventParts<'a>(pub(super) EventHeaders<'a>);

impl RequestHeaders for EventParts<'_> {
    const MAY_ADD: bool = false;
    const MAY_WRITE: bool = false;

    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name, value.as_bytes()))
    }

    // Names come in any case from propagators, and in lower case out of the event.
    fn first(&self, name: &str) -> Option<&[u8]> {
        self.pairs().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn values(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    fn set(&mut self, _: &str, _: Vec<u8>) {}

    fn remove(&mut self, _: &str) {}

    fn remove_all(&mut self, _: impl Fn(&str) -> bool) {}
}

/// There are no extensions: layers further in look into the current OpenTelemetry context.
impl RequestParts for EventParts<'_> {
    fn has_extension<T: Send + Sync + 'static>(&self) -> bool {
        false
    }

    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, _: T) {}
}
