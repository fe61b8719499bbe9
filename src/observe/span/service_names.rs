//! How many services gateways may claim to be.

use std::sync::OnceLock;

/// The first so many domains that were seen. Whoever can send the headers could make up any number of them, and each
/// would be a service in the backend.
///
/// Only ever added to, so that to look one up writes nothing that other cores read.
#[derive(Debug)]
pub(crate) struct Services(Box<[OnceLock<Box<str>>]>);

impl Services {
    pub(crate) fn at_most(count: usize) -> Self {
        Self((0..count).map(|_| OnceLock::new()).collect())
    }

    /// Whether `domain` is among the first ones.
    pub(crate) fn admit(&self, domain: &str) -> bool {
        self.0.iter().any(|slot| &**slot.get_or_init(|| domain.into()) == domain)
    }
}

impl Default for Services {
    fn default() -> Self {
        Self::at_most(100)
    }
}
