//! Panics of what the application has given to OpenTelemetry or to the layer.

use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs a step that calls the application's propagators, samplers, processors or exporters; `None` if it panics.
///
/// A panic in them must not fail the request or lose other spans. It would also abort the process if a panic of the
/// application is unwinding already.
pub(crate) fn catch_panic<R>(step: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(step)).ok()
}
