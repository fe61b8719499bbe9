//! Runtimes, and waiting for what happens on them.

use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::PATIENCE;

pub(crate) fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build().expect("a runtime")
}

/// Waits until the condition holds.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
