//! Whether to trust that the gateway sent the headers.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::request::{text, Host, InvalidProxyRequest, Rejection, RequestView};

type Predicate = dyn Fn(&RequestView<'_>) -> bool + Send + Sync;

/// What a request must satisfy. Nothing by default.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    pub(crate) domains: Option<Vec<DomainPattern>>,
    pub(crate) api_ids: Option<Vec<String>>,
    pub(crate) secret: Option<Secret>,
    pub(crate) accept_if: Option<Arc<Predicate>>,
    pub(crate) max_age: Option<Duration>,
}

/// A header that only the gateway can send.
#[derive(Clone)]
pub(crate) struct Secret {
    /// In lower case.
    pub(crate) header: String,
    /// `None` if it can't be used: then nobody has it.
    pub(crate) value: Option<Vec<u8>>,
}

/// The domains that an entry of `allow_domains` means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DomainPattern {
    /// `*`
    Any,
    /// `api.example.com`; with a port, that port only.
    Exact(Host<'static>),
    /// `*.example.com`: all below this one, but not this one.
    Below(Host<'static>),
}

impl DomainPattern {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::Any),
            _ => match text.strip_prefix("*.") {
                Some(parent) => Host::parse(parent).map(|host| Self::Below(host.into_owned())),
                None => Host::parse(text).map(|host| Self::Exact(host.into_owned())),
            },
        }
    }

    pub(crate) fn exact(&self) -> Option<&Host<'static>> {
        match self {
            Self::Exact(host) => Some(host),
            Self::Any | Self::Below(_) => None,
        }
    }

    fn contains(&self, host: &Host<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(wanted) => wanted.name() == host.name() && host.is_at(wanted.port()),
            Self::Below(parent) => {
                let below = host.name().strip_suffix(parent.name()).and_then(|below| below.strip_suffix('.'));
                below.is_some() && host.is_at(parent.port())
            }
        }
    }
}

impl Trust {
    /// Whether the header of this name, in lower case, carries the shared secret.
    pub(crate) fn is_secret(&self, name: &str) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.header == name)
    }

    /// Whether a secret vouches for the request. `header` finds the first value of a name.
    pub(crate) fn check_secret<'h>(&self, header: impl Fn(&str) -> Option<&'h [u8]>) -> Result<bool, Rejection> {
        let Some(secret) = &self.secret else { return Ok(false) };
        match header(&secret.header).zip(secret.value.as_deref()) {
            Some((found, value)) if is_equal(found, value) => Ok(true),
            _ => Err(Rejection::WrongSecret(secret.header.as_str().into())),
        }
    }

    /// Everything but the secret.
    pub(crate) fn check(&self, view: &RequestView<'_>, now: SystemTime) -> Result<(), Rejection> {
        let request = view.gateway();
        if let Some(allowed) = &self.domains {
            let host = request.host();
            if !host.is_some_and(|host| allowed.iter().any(|pattern| pattern.contains(host))) {
                let found = host.map(ToString::to_string).unwrap_or_default();
                return Err(Rejection::DomainNotAllowed(text::excerpt(&found)));
            }
        }
        if let Some(allowed) = &self.api_ids {
            let id = request.api_id();
            if !id.is_some_and(|id| allowed.iter().any(|allowed| allowed == id)) {
                return Err(Rejection::ApiIdNotAllowed(text::excerpt(id.unwrap_or_default())));
            }
        }
        if let Some(max) = self.max_age {
            check_age(request.request_time(), now, max)?;
        }
        match &self.accept_if {
            Some(accept) if !accept(view) => Err(Rejection::NotAccepted),
            _ => Ok(()),
        }
    }
}

/// A request without a time may have been recorded and sent again, and one from further ahead than it may be old is
/// as far from being from now.
fn check_age(time: Option<SystemTime>, now: SystemTime, max: Duration) -> Result<(), Rejection> {
    let time = time.ok_or(InvalidProxyRequest::MissingRequestTime)?;
    match now.duration_since(time) {
        Ok(age) if age > max => Err(Rejection::TooOld { age, max }),
        Err(error) if error.duration() > max => Err(Rejection::InTheFuture { ahead: error.duration(), max }),
        _ => Ok(()),
    }
}

/// Without the secret.
impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("domains", &self.domains)
            .field("api_ids", &self.api_ids)
            .field("secret", &self.secret.as_ref().map(|secret| &secret.header))
            .field("accept_if", &self.accept_if.is_some())
            .field("max_age", &self.max_age)
            .finish()
    }
}

/// Compares in a time that doesn't tell where the first difference is.
fn is_equal(found: &[u8], secret: &[u8]) -> bool {
    let differences = found.iter().zip(secret).fold(0, |sum, (a, b)| sum | (a ^ b));
    found.len() == secret.len() && black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_within(domain: &str, pattern: &str) -> bool {
        let (host, pattern) = (Host::parse(domain), DomainPattern::parse(pattern));
        pattern.expect("a pattern").contains(&host.expect("a host"))
    }

    #[test]
    fn domain_matches_pattern() {
        for (domain, pattern) in [
            ("api.example.com", "api.example.com"),
            ("API.Example.com", "api.example.COM"),
            ("api.example.com.", "*.example.com"),
            ("a.b.example.com", "*.example.com"),
            ("API.EXAMPLE.COM", "*.Example.com."),
            ("api.example.com:8443", "*.example.com:8443"),
            ("api.example.com:8443", "api.example.com"),
            ("api.example.com", "*"),
        ] {
            assert!(is_within(domain, pattern), "{domain:?} in {pattern:?}");
        }
    }

    #[test]
    fn domain_does_not_match_pattern() {
        for (domain, pattern) in [
            ("api.example.com", "example.com"),
            ("example.com", "*.example.com"),
            ("notexample.com", "*.example.com"),
            ("api.example.com.evil.test", "*.example.com"),
            ("com", "*.example.com"),
            ("api.example.com", "api.example.com:8443"),
            ("api.example.com:443", "*.example.com:8443"),
        ] {
            assert!(!is_within(domain, pattern), "{domain:?} in {pattern:?}");
        }
    }

    #[test]
    fn other_texts_are_no_patterns() {
        for text in ["", "*.", "*example.com", "api.*.com", "https://a.example", "a b", "**"] {
            assert_eq!(DomainPattern::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn age_and_future_are_bounded_alike() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let max = Duration::from_secs(60);
        let second = Duration::from_secs(1);
        for (time, expected) in [
            (Some(now), Ok(())),
            (Some(now - max), Ok(())),
            (Some(now + max), Ok(())),
            (Some(now - max - second), Err(Rejection::TooOld { age: max + second, max })),
            (Some(now + max + second), Err(Rejection::InTheFuture { ahead: max + second, max })),
            (None, Err(InvalidProxyRequest::MissingRequestTime.into())),
        ] {
            assert_eq!(check_age(time, now, max), expected);
        }
    }

    #[test]
    fn secrets_are_equal_byte_by_byte() {
        let table: &[(&[u8], &[u8], bool)] = &[
            (b"secret", b"secret", true),
            (b"", b"", true),
            (b"\0\xff", b"\0\xff", true),
            (b"Secret", b"secret", false),
            (b"secreT", b"secret", false),
            // The same bytes, so that differences of two places could cancel out.
            (b"secrte", b"secret", false),
            (b"\x80", b"\0", false),
            (b"secre", b"secret", false),
            (b"secrets", b"secret", false),
            (b"secret\0", b"secret", false),
            (b"", b"secret", false),
            (b"secret", b"", false),
        ];
        for (found, secret, expected) in table {
            assert_eq!(is_equal(found, secret), *expected, "{found:?}, {secret:?}");
        }
    }
}
