//! Limits the number of distinct service names taken from requests.

use std::sync::OnceLock;

/// The first domains that were seen, up to a limit: a client that can send the headers could make up any number of them,
/// and each would be a service in the backend.
///
/// Slots are only ever filled, so that a look-up writes nothing that other cores read.
#[derive(Debug)]
pub(crate) struct ServiceNames(Box<[OnceLock<Box<str>>]>);

impl ServiceNames {
    pub(crate) fn at_most(count: usize) -> Self {
        Self((0..count).map(|_| OnceLock::new()).collect())
    }

    /// Whether `domain` is among the first ones.
    pub(crate) fn admit(&self, domain: &str) -> bool {
        self.0.iter().any(|slot| &**slot.get_or_init(|| domain.into()) == domain)
    }
}

impl Default for ServiceNames {
    fn default() -> Self {
        Self::at_most(100)
    }
}
