//! How long a thread was on a processor: other than time, that is no matter of what else the machine does.

use std::fs;

/// The statistics that Linux keeps of a thread.
pub struct Statistics(String);

impl Statistics {
    pub fn of_this_thread() -> Self {
        let thread = fs::read_link("/proc/thread-self").expect("Linux");
        Self(format!("/proc/{}/schedstat", thread.display()))
    }

    /// Nanoseconds on a processor so far.
    pub fn nanoseconds(&self) -> u64 {
        let text = fs::read_to_string(&self.0).expect("statistics");
        let first = text.split(' ').next().and_then(|first| first.parse().ok());
        first.expect("nanoseconds")
    }
}
