//! Panics that the application and the settings raise on purpose.

use std::panic;

const BOOM: &str = "soak: a panic that is meant";

pub(crate) fn boom() -> bool {
    panic::panic_any(BOOM)
}

/// Says nothing of the panics that are meant.
pub(crate) fn keep_panics_quiet() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&BOOM) {
            hook(info);
        }
    }));
}
