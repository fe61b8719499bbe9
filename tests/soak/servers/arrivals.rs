//! Counts requests at the server, outside the layer under test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// The requests that reached the servers.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// Number of requests by their expected outcome.
    pub(crate) reached: Mutex<BTreeMap<String, u64>>,
    pub(crate) in_flight: AtomicU64,
}

pub(crate) struct InFlight(Arc<Arrivals>);

impl Arrivals {
    pub(crate) fn count(&self, expected: &[u8]) {
        let expected = String::from_utf8_lossy(expected).into_owned();
        *self.reached.lock().expect("not poisoned").entry(expected).or_default() += 1;
    }

    /// Counts a request as in flight until the guard is dropped.
    pub(crate) fn track(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, SeqCst);
        InFlight(Arc::clone(self))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, SeqCst);
    }
}
