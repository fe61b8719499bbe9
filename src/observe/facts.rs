//! What observers are told.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::request::{Rejection, RequestView};

/// An exchange that has begun.
#[derive(Debug)]
pub(crate) struct Begun<'a> {
    pub(crate) span: SpanMade,
    // The counters don't ask what the request was; other observers do.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) request: &'a RequestView<'a>,
    /// When the gateway received the request.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) started: SystemTime,
}

/// Whether an exchange has a gateway span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanMade {
    /// It has one, which the sampler may have dropped.
    Yes,
    /// X-Ray has already recorded the gateway: [`XRay::Defer`](crate::XRay::Defer).
    AlreadyRecorded,
    NoTracerProvider,
}

/// Why there is no exchange.
#[derive(Debug)]
pub(crate) enum NotBegun {
    Rejected(Rejection),
    /// No tracer provider is installed, and no further observer wants the exchange.
    NoTracerProvider,
    /// The propagator, the sampler, a span processor or `accept_if` panicked.
    Panicked,
}

impl From<Rejection> for NotBegun {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// What became of an exchange, for those who observe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) ended: SystemTime,
    /// The response's status, if the application gave one.
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<ErrorType>,
}

/// The value of `error.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorType {
    Panic,
    Service,
    Body,
    Timeout,
    Cancelled,
    Status(u16),
}

impl ErrorType {
    pub(crate) fn as_str(self) -> Cow<'static, str> {
        match self {
            Self::Panic => "panic".into(),
            Self::Service => "service".into(),
            Self::Body => "body".into(),
            Self::Timeout => "timeout".into(),
            Self::Cancelled => "cancelled".into(),
            Self::Status(status) => status.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorType;

    #[test]
    fn error_types_are_words_or_the_status() {
        assert_eq!(ErrorType::Cancelled.as_str(), "cancelled");
        assert_eq!(ErrorType::Status(429).as_str(), "429");
    }
}
