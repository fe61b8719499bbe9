//! Why the gateway's headers can't be read.

use std::fmt;

use super::proxy::Proxy;
use super::rejection::RejectionKind;

/// Why [`ProxyRequest::from_headers`](crate::ProxyRequest::from_headers) can't read a request's `x-dd-proxy*` headers.
/// The layer makes no gateway span for such a request.
///
/// ```
/// use apigateway_inferred_span::{InvalidProxyRequest, ProxyRequest, RejectionKind};
///
/// let invalid = ProxyRequest::from_headers([("x-dd-proxy", "aws-apigateway")]).unwrap_err();
/// assert_eq!(invalid, InvalidProxyRequest::MissingRequestTime);
/// assert_eq!(invalid.to_string(), "header x-dd-proxy-request-time-ms is missing");
/// assert_eq!(invalid.kind(), RejectionKind::MissingRequestTime);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidProxyRequest {
    /// `x-dd-proxy` names no gateway that this crate knows. Holds the first 64 characters of it.
    UnknownProxy(Box<str>),
    /// `x-dd-proxy` is not UTF-8, has control characters or is longer than 2 KiB.
    UnreadableProxy,
    /// `x-dd-proxy-request-time-ms` is missing, or not readable as text of at most 2 KiB.
    MissingRequestTime,
    /// `x-dd-proxy-request-time-ms` is not a decimal number. Holds the first 64 characters of it.
    InvalidRequestTime(Box<str>),
    /// `x-dd-proxy-request-time-ms` is a number, but no time between 2001-09-09 and the year 9999.
    /// Holds the first 64 characters of it.
    RequestTimeOutOfRange(Box<str>),
    /// A header came more than once with different values, so that one of them is not the gateway's. Holds its name.
    ConflictingHeader(&'static str),
    /// `x-amzn-apigateway-api-id`, which the gateway itself may add, names another API than `x-dd-proxy-api-id`.
    ApiIdMismatch,
}

impl InvalidProxyRequest {
    /// The kind under which the layer counts such a request.
    #[must_use]
    pub const fn kind(&self) -> RejectionKind {
        match self {
            Self::UnknownProxy(_) => RejectionKind::UnknownProxy,
            Self::UnreadableProxy => RejectionKind::UnreadableProxy,
            Self::MissingRequestTime => RejectionKind::MissingRequestTime,
            Self::InvalidRequestTime(_) => RejectionKind::InvalidRequestTime,
            Self::RequestTimeOutOfRange(_) => RejectionKind::RequestTimeOutOfRange,
            Self::ConflictingHeader(_) => RejectionKind::ConflictingHeader,
            Self::ApiIdMismatch => RejectionKind::ApiIdMismatch,
        }
    }
}

impl fmt::Display for InvalidProxyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProxy(found) => write!(
                f,
                "header x-dd-proxy should be one of {}, found {found:?}",
                Proxy::OF_HEADERS.map(Proxy::as_str).join(", ")
            ),
            Self::UnreadableProxy => f.write_str(
                "header x-dd-proxy should be text of at most 2 KiB, found control characters, bytes outside UTF-8 or more",
            ),
            Self::MissingRequestTime => f.write_str("header x-dd-proxy-request-time-ms is missing"),
            Self::InvalidRequestTime(found) => write!(
                f,
                "header x-dd-proxy-request-time-ms should be milliseconds since 1970 in decimal digits, found {found:?}"
            ),
            Self::RequestTimeOutOfRange(found) => write!(
                f,
                "header x-dd-proxy-request-time-ms should be milliseconds since 1970 (13 digits today), found {found:?}"
            ),
            Self::ConflictingHeader(name) => write!(
                f,
                "header {name} should come once, found several with different values"
            ),
            Self::ApiIdMismatch => f.write_str(
                "headers x-dd-proxy-api-id and x-amzn-apigateway-api-id should name the same API, found two",
            ),
        }
    }
}

impl std::error::Error for InvalidProxyRequest {}
