//! Whether to trust that the gateway sent the headers.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::request::{text, Rejection, RequestView};

type Predicate = dyn Fn(&RequestView<'_>) -> bool + Send + Sync;

/// What a request must satisfy. Nothing by default.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    pub(crate) domains: Option<Vec<String>>,
    pub(crate) api_ids: Option<Vec<String>>,
    pub(crate) secret: Option<(String, Vec<u8>)>,
    pub(crate) accept_if: Option<Arc<Predicate>>,
    pub(crate) max_age: Option<Duration>,
}

impl Trust {
    /// Whether the header of this name, in lower case, carries the shared secret.
    pub(crate) fn is_secret(&self, name: &str) -> bool {
        self.secret.as_ref().is_some_and(|(header, _)| header == name)
    }

    pub(crate) fn check(&self, view: &RequestView<'_>, now: SystemTime) -> Result<(), Rejection> {
        let request = view.gateway();
        if let Some((name, value)) = &self.secret {
            if !view.header(name).is_some_and(|found| is_equal(found, value)) {
                return Err(Rejection::WrongSecret(name.as_str().into()));
            }
        }
        if let Some(allowed) = &self.domains {
            let domain = request.domain();
            if !domain.is_some_and(|domain| allowed.iter().any(|a| is_within(domain, a))) {
                return Err(Rejection::DomainNotAllowed(text::excerpt(domain.unwrap_or_default())));
            }
        }
        if let Some(allowed) = &self.api_ids {
            let id = request.api_id();
            if !id.is_some_and(|id| allowed.iter().any(|allowed| allowed == id)) {
                return Err(Rejection::ApiIdNotAllowed(text::excerpt(id.unwrap_or_default())));
            }
        }
        if let (Some(max), Some(time)) = (self.max_age, request.request_time()) {
            let age = now.duration_since(time).unwrap_or_default();
            if age > max {
                return Err(Rejection::TooOld { age, max });
            }
        }
        match &self.accept_if {
            Some(accept) if !accept(view) => Err(Rejection::NotAccepted),
            _ => Ok(()),
        }
    }
}

/// Without the secret.
impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("domains", &self.domains)
            .field("api_ids", &self.api_ids)
            .field("secret", &self.secret.as_ref().map(|(name, _)| name))
            .field("accept_if", &self.accept_if.is_some())
            .field("max_age", &self.max_age)
            .finish()
    }
}

/// Whether `domain` is `pattern`, or ends in what follows the `*` of a pattern such as `*.example.com`.
fn is_within(domain: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('*') {
        None => domain.eq_ignore_ascii_case(pattern),
        Some(suffix) => domain
            .len()
            .checked_sub(suffix.len())
            .filter(|start| *start > 0)
            .and_then(|start| domain.get(start..))
            .is_some_and(|end| end.eq_ignore_ascii_case(suffix)),
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

    #[test]
    fn domain_matches_pattern() {
        for (domain, pattern) in [
            ("api.example.com", "api.example.com"),
            ("API.Example.com", "api.example.COM"),
            ("api.example.com", "*.example.com"),
            ("a.b.example.com", "*.example.com"),
            ("API.EXAMPLE.COM", "*.example.com"),
            ("api.example.com:8443", "*.example.com:8443"),
            ("notexample.com", "*example.com"),
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
            (".example.com", "*.example.com"),
            ("notexample.com", "*.example.com"),
            ("api.example.com.evil.test", "*.example.com"),
            ("api.example.com.", "*.example.com"),
            ("com", "*.example.com"),
            ("api.example.com", "api.*.com"),
            ("api.example.com", ""),
            ("", "*"),
            ("", "*.example.com"),
            // The suffix begins inside of a character.
            ("\u{e9}", "*x"),
        ] {
            assert!(!is_within(domain, pattern), "{domain:?} in {pattern:?}");
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
