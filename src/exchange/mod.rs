//! One request that came through a gateway, from its headers to the end of its response.
//!
//! What happened to it is decided in here, without OpenTelemetry; whoever wants to know observes it.

#[cfg(feature = "request-context")]
mod adapter_header;
#[cfg(feature = "lambda")]
mod answer;
mod begin;
mod deadline;
#[cfg(any(feature = "lambda", feature = "request-context"))]
mod event;
#[allow(clippy::module_inception)] // It holds the type of that name.
mod exchange;
mod inferred_span;
mod origin;
mod outcome;
#[cfg(feature = "lambda")]
mod outer;
mod state;
mod strip;
#[cfg(test)]
mod tests;

#[cfg(feature = "lambda")]
pub(crate) use answer::Level;
pub(crate) use begin::{begin, RequestLine};
#[cfg(any(feature = "lambda", feature = "request-context"))]
pub(crate) use event::begin_header;
#[cfg(feature = "lambda")]
pub(crate) use event::{begin_event, begin_nothing, Invocation};
pub(crate) use exchange::Exchange;
pub use inferred_span::InferredSpan;
#[cfg(feature = "lambda")]
pub(crate) use outer::{Entered, Outer};
pub(crate) use state::Failure;
#[cfg(feature = "lambda-http")]
pub(crate) use strip::strip;
