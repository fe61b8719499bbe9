//! What observers are told.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry::Context;

use super::transit::Transit;
use crate::request::{KeptHeaders, ProxyRequest, Rejection};

/// An exchange that has begun.
#[derive(Debug)]
// The counters ask for the span alone, and each of the other observers is a feature.
#[cfg_attr(not(all(feature = "access-log", feature = "metrics")), allow(dead_code))]
pub(crate) struct Begun<'a> {
    pub(crate) span: SpanMade,
    pub(crate) request: &'a ProxyRequest<'a>,
    /// `HTTP/1.1`, between the gateway and the application.
    pub(crate) protocol: &'static str,
    pub(crate) transit: Transit,
}

/// An exchange that has ended.
#[derive(Debug)]
#[cfg_attr(not(all(feature = "access-log", feature = "metrics")), allow(dead_code))]
pub(crate) struct Ended<'a> {
    pub(crate) outcome: &'a Outcome,
    /// What the gateway said, for [`KeptHeaders::read`].
    pub(crate) headers: &'a KeptHeaders,
    /// The one that the application ran in, with the gateway's span if there is one.
    pub(crate) context: &'a Context,
    pub(crate) personal: Personal,
}

/// Which personal data may be recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Personal {
    pub(crate) user: bool,
    pub(crate) client_address: bool,
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
    /// From the receipt to the end.
    pub(crate) elapsed: Duration,
    /// Bytes of the response's body that the server took.
    pub(crate) sent: u64,
    /// What the client got, as far as that is known.
    pub(crate) status: Option<Status>,
    /// Whether the application answered after the gateway's default timeout. The gateway passed the response on only if
    /// its limit was raised.
    pub(crate) after_timeout: bool,
    pub(crate) error: Option<ErrorType>,
}

/// Whose status it is that the client got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Application(u16),
    /// The gateway's own, which it answers when its timeout is over.
    Inferred(u16),
}

impl Status {
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Application(status) | Self::Inferred(status) => status,
        }
    }
}

/// The value of `error.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorType {
    Panic,
    Service,
    Body,
    Timeout,
    Cancelled,
    Grpc(GrpcError),
    Status(u16),
}

/// The statuses of gRPC that are errors of a server, by [semantic conventions].
///
/// [semantic conventions]: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrpcError {
    Unknown,
    DeadlineExceeded,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
}

impl GrpcError {
    /// Of the value of `grpc-status`; `None` if it is no error of the server's.
    pub(crate) fn from_status(status: &[u8]) -> Option<Self> {
        Some(match status {
            b"2" => Self::Unknown,
            b"4" => Self::DeadlineExceeded,
            b"12" => Self::Unimplemented,
            b"13" => Self::Internal,
            b"14" => Self::Unavailable,
            b"15" => Self::DataLoss,
            _ => return None,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
        }
    }
}

impl ErrorType {
    pub(crate) fn as_str(self) -> Cow<'static, str> {
        match self {
            Self::Panic => "panic".into(),
            Self::Service => "service".into(),
            Self::Body => "body".into(),
            Self::Timeout => "timeout".into(),
            Self::Cancelled => "cancelled".into(),
            Self::Grpc(error) => error.as_str().into(),
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
