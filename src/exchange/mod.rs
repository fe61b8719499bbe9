//! One request that came through a gateway, from its headers to the end of its response.
//!
//! What happened to it is decided in here, without OpenTelemetry; whoever wants to know observes it.

mod begin;
mod deadline;
#[allow(clippy::module_inception)] // It holds the type of that name.
mod exchange;
mod inferred_span;
mod outcome;
mod state;
mod strip;
#[cfg(test)]
mod tests;

pub(crate) use begin::{begin, RequestLine};
pub(crate) use exchange::Exchange;
pub use inferred_span::InferredSpan;
pub(crate) use state::Failure;
