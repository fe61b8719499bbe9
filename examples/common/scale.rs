//! Times to lengths, and to text.

use std::time::Duration;

/// So long a way for so long a time.
pub(crate) struct Scale {
    pub(crate) time: Duration,
    pub(crate) length: f64,
}

impl Scale {
    pub(crate) fn at(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.time.as_secs_f64().max(f64::MIN_POSITIVE) * self.length
    }
}

/// Milliseconds, with three digits or so.
pub(crate) fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    if milliseconds < 99.95 {
        format!("{milliseconds:.1}")
    } else {
        format!("{milliseconds:.0}")
    }
}
