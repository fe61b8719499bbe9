//! How it is measured.

pub mod allocations;
pub mod callgrind;
pub mod costs;
pub mod process;
pub mod report;
pub mod thread_cpu_time;
