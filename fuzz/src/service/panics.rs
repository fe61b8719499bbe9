//! Panics that the input asks for.

use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

/// The payload of every panic that is meant. It is raised without the panic hook, which ends the process: a panic of
/// the library's own is found even where the library would catch it.
struct Boom;

pub(crate) fn boom() -> ! {
    resume_unwind(Box::new(Boom))
}

/// Runs what may panic on purpose.
pub(crate) fn meant<R>(step: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(result) => Some(result),
        Err(payload) => {
            assert!(payload.is::<Boom>(), "an unforeseen panic");
            None
        }
    }
}
