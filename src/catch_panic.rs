//! Panics of what the application has handed over.

use std::panic::{catch_unwind, AssertUnwindSafe};

/// Propagators, samplers, processors and exporters are the application's own. What panics in them must not fail a
/// request or take along other spans, and would abort the process while a panic of the application unwinds.
pub(crate) fn unless_panic<R>(step: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(step)).ok()
}
