//! Panics that the application and `accept_if` raise on purpose.

use std::panic;

const DELIBERATE_PANIC: &str = "soak: a panic that is meant";

pub(crate) fn deliberate_panic() -> bool {
    panic::panic_any(DELIBERATE_PANIC)
}

/// Keeps deliberate panics out of the output; all others are reported as before.
pub(crate) fn silence_deliberate_panics() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&DELIBERATE_PANIC) {
            hook(info);
        }
    }));
}
