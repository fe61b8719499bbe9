//! Whether this thread is inside an exchange, so that a second layer makes no second span.

use std::cell::Cell;

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

pub(super) fn is_inside() -> bool {
    IS_INSIDE.get()
}

/// This thread is inside an exchange until this is dropped.
pub(super) struct Inside {
    before: bool,
}

impl Inside {
    pub(super) fn enter() -> Self {
        Self { before: IS_INSIDE.replace(true) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        IS_INSIDE.set(self.before);
    }
}
