//! Why the layer makes no gateway span for a request.

use std::fmt;
use std::time::Duration;

use super::invalid::InvalidProxyRequest;

/// Why a request that has `x-dd-proxy` gets no gateway span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    Invalid(InvalidProxyRequest),
    /// Holds the name of the secret's header.
    WrongSecret(Box<str>),
    /// Holds the first 64 characters of the domain.
    DomainNotAllowed(Box<str>),
    /// Holds the first 64 characters of the id.
    ApiIdNotAllowed(Box<str>),
    TooOld {
        /// How long ago the gateway received it.
        age: Duration,
        /// How long ago that may be.
        max: Duration,
    },
    InTheFuture {
        /// How much later.
        ahead: Duration,
        /// How much that may be.
        max: Duration,
    },
    NotAccepted,
}

/// Why the layer made no gateway span for a request that has `x-dd-proxy`, as [`Stats`](crate::Stats) counts it.
///
/// The request is served untouched whatever the reason. The first rejection of each kind is logged at warn, with what
/// was found; later ones at debug.
///
/// ```
/// use apigateway_inferred_span::RejectionKind;
///
/// assert_eq!(RejectionKind::MissingRequestTime.as_str(), "missing_request_time");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// `x-dd-proxy` names no gateway that this crate knows.
    UnknownProxy,
    /// `x-dd-proxy` is not UTF-8, has control characters or is longer than 2 KiB.
    UnreadableProxy,
    /// `x-dd-proxy-request-time-ms` is missing, or not readable as text of at most 2 KiB.
    MissingRequestTime,
    /// `x-dd-proxy-request-time-ms` is not a decimal number.
    InvalidRequestTime,
    /// `x-dd-proxy-request-time-ms` is a number, but no time between 2001-09-09 and the year 9999.
    RequestTimeOutOfRange,
    /// A header came more than once with different values, so that one of them is not the gateway's.
    ConflictingHeader,
    /// `x-amzn-apigateway-api-id`, which the gateway itself may add, names another API than `x-dd-proxy-api-id`.
    ApiIdMismatch,
    /// The header of [`shared_secret`](crate::ApiGatewayInferredSpan::shared_secret) is missing or different.
    WrongSecret,
    /// The domain is not among [`allow_domains`](crate::ApiGatewayInferredSpan::allow_domains).
    DomainNotAllowed,
    /// The API's id is not among [`allow_api_ids`](crate::ApiGatewayInferredSpan::allow_api_ids).
    ApiIdNotAllowed,
    /// The request is older than [`max_request_age`](crate::ApiGatewayInferredSpan::max_request_age).
    TooOld,
    /// The gateway received the request later than now, by more than
    /// [`max_request_age`](crate::ApiGatewayInferredSpan::max_request_age).
    InTheFuture,
    /// [`accept_if`](crate::ApiGatewayInferredSpan::accept_if) returned false.
    NotAccepted,
}

impl RejectionKind {
    /// Every kind, in the order of the variants: `kind as usize` is its place in here. New ones go before the last, so
    /// that the compiler misses them in here.
    pub(crate) const ALL: [Self; Self::NotAccepted as usize + 1] = [
        Self::UnknownProxy,
        Self::UnreadableProxy,
        Self::MissingRequestTime,
        Self::InvalidRequestTime,
        Self::RequestTimeOutOfRange,
        Self::ConflictingHeader,
        Self::ApiIdMismatch,
        Self::WrongSecret,
        Self::DomainNotAllowed,
        Self::ApiIdNotAllowed,
        Self::TooOld,
        Self::InTheFuture,
        Self::NotAccepted,
    ];

    /// The kind as a word, such as `missing_request_time`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownProxy => "unknown_proxy",
            Self::UnreadableProxy => "unreadable_proxy",
            Self::MissingRequestTime => "missing_request_time",
            Self::InvalidRequestTime => "invalid_request_time",
            Self::RequestTimeOutOfRange => "request_time_out_of_range",
            Self::ConflictingHeader => "conflicting_header",
            Self::ApiIdMismatch => "api_id_mismatch",
            Self::WrongSecret => "wrong_secret",
            Self::DomainNotAllowed => "domain_not_allowed",
            Self::ApiIdNotAllowed => "api_id_not_allowed",
            Self::TooOld => "too_old",
            Self::InTheFuture => "in_the_future",
            Self::NotAccepted => "not_accepted",
        }
    }
}

impl fmt::Display for RejectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<InvalidProxyRequest> for Rejection {
    fn from(invalid: InvalidProxyRequest) -> Self {
        Self::Invalid(invalid)
    }
}

impl Rejection {
    /// The kind, without what was found.
    pub(crate) const fn kind(&self) -> RejectionKind {
        match self {
            Self::Invalid(invalid) => invalid.kind(),
            Self::WrongSecret(_) => RejectionKind::WrongSecret,
            Self::DomainNotAllowed(_) => RejectionKind::DomainNotAllowed,
            Self::ApiIdNotAllowed(_) => RejectionKind::ApiIdNotAllowed,
            Self::TooOld { .. } => RejectionKind::TooOld,
            Self::InTheFuture { .. } => RejectionKind::InTheFuture,
            Self::NotAccepted => RejectionKind::NotAccepted,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::WrongSecret(name) => write!(f, "header {name}, the shared secret, is missing or different"),
            Self::DomainNotAllowed(found) => write!(f, "domain {found:?} is not in allow_domains"),
            Self::ApiIdNotAllowed(found) => write!(f, "API id {found:?} is not in allow_api_ids"),
            Self::TooOld { age, max } => {
                write!(f, "request is too old: received by the gateway {age:?} ago, at most {max:?} allowed")
            }
            Self::InTheFuture { ahead, max } => {
                write!(f, "request is from the future: received by the gateway in {ahead:?}, at most {max:?} allowed")
            }
            Self::NotAccepted => f.write_str("rejected by accept_if"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RejectionKind;

    #[test]
    fn a_kind_as_a_number_is_its_place_among_all() {
        for (place, kind) in RejectionKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place, "{kind}");
        }
    }
}
