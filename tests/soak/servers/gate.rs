//! Counts of requests, taken outside the layer under test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// What the servers saw, counted outside the layer under test.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    pub(crate) reached: Mutex<BTreeMap<String, u64>>,
    pub(crate) in_flight: AtomicU64,
}

pub(crate) struct InFlight(Arc<Gate>);

impl Gate {
    pub(crate) fn reached(&self, expected: &[u8]) {
        let expected = String::from_utf8_lossy(expected).into_owned();
        *self.reached.lock().expect("not poisoned").entry(expected).or_default() += 1;
    }

    pub(crate) fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, SeqCst);
        InFlight(Arc::clone(self))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, SeqCst);
    }
}
