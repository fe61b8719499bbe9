//! Panics that the input asks for.

use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

/// The payload of every deliberate panic. `resume_unwind` does not call the panic hook, which libfuzzer-sys sets to
/// abort the process: only a panic of the library itself does, even where the library would catch it.
struct DeliberatePanic;

pub(crate) fn deliberate_panic() -> ! {
    resume_unwind(Box::new(DeliberatePanic))
}

/// Runs code that may panic deliberately; `None` if it did.
pub(crate) fn catch_deliberate<R>(step: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(result) => Some(result),
        Err(payload) => {
            assert!(payload.is::<DeliberatePanic>(), "an unforeseen panic");
            None
        }
    }
}
