//! A request's method: `x-dd-proxy-httpmethod`.

/// The value of OpenTelemetry's semantic conventions for an unknown method.
pub(crate) const OTHER_METHOD: &str = "_OTHER";

/// A request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method<'a> {
    /// One that OpenTelemetry's semantic conventions take as known, in upper case.
    Known(&'static str),
    Other(&'a str),
}

impl<'a> Method<'a> {
    /// Those of RFC 9110, PATCH (RFC 5789) and QUERY.
    const KNOWN: [&'static str; 10] =
        ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY", "TRACE", "CONNECT"];

    /// Reads a known method in upper case.
    pub(crate) fn from_canonical(value: &[u8]) -> Option<Self> {
        Self::KNOWN.into_iter().find(|known| known.as_bytes() == value).map(Self::Known)
    }

    /// Reads any method, a known one in any case.
    pub(super) fn parse(value: &'a str) -> Option<Self> {
        match Self::KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(value)) {
            Some(known) => Some(Self::Known(known)),
            None if value.is_empty() => None,
            None => Some(Self::Other(value)),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Known(method) => method,
            Self::Other(method) => method,
        }
    }

    /// The method if it is known, else `other`.
    pub(crate) fn known_or(self, other: &'static str) -> &'static str {
        match self {
            Self::Known(method) => method,
            Self::Other(_) => other,
        }
    }
}
