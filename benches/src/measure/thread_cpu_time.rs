//! The processor time of a thread: unlike wall time, it is unaffected by other load.

use std::fs;

/// Reads what Linux counts for a thread.
pub struct ThreadCpuTime(String);

impl ThreadCpuTime {
    pub fn current_thread() -> Self {
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
