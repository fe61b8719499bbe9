//! The observers of a layer.

use std::sync::Arc;

use super::Observer;

/// The observers beside the counters, each under the name of the setting that it comes from, which replaces it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observers(Vec<(&'static str, Arc<dyn Observer>)>);

// Each is a feature of its own.
#[cfg_attr(not(any(test, feature = "access-log", feature = "metrics")), allow(dead_code))]
impl Observers {
    pub(crate) fn set(&mut self, name: &'static str, observer: Arc<dyn Observer>) {
        self.remove(name);
        self.0.push((name, observer));
    }

    pub(crate) fn remove(&mut self, name: &'static str) {
        self.0.retain(|(other, _)| *other != name);
    }
}

impl Observers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn Observer> {
        self.0.iter().map(|(_, observer)| &**observer)
    }

    pub(crate) fn want_exchanges(&self) -> bool {
        self.iter().any(Observer::wants_exchanges)
    }
}
