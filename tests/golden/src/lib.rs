//! Compares the spans of golden requests with those that Datadog's other tracers reported for the same requests.
//!
//! `requests.json` has the requests, a file for each tracer its spans, and `differences.json` where ours differ on
//! purpose. A difference that isn't listed is a fault, and so is a listed one that no longer exists.
//!
//! To add a tracer, add its file to `TRACERS`; to compare our spans as another receiver sees them, add a [`View`].

mod compare;
mod differences;
mod golden;
mod recorded;
mod report;
mod request;

pub use compare::Comparison;
pub use differences::View;
pub use golden::Golden;
pub use report::{Report, Span};
pub use request::{user_agent, Request};
