//! Whose child the gateway's span is, and how the application's span becomes the gateway's child.
//!
//! Middleware that makes the server span looks for its parent in one of two places: the current context, or the
//! request's propagation headers, which then take precedence. The exchange attaches its context for the first; for the
//! second, the headers are rewritten if, and only if, they name a span.

mod carrier;
mod choose;
mod header_names;
mod propagator;
mod rewrite;
mod shortcut;

pub(crate) use carrier::RequestHeaders;
pub(crate) use choose::Parent;
pub(crate) use header_names::HeaderNames;
pub(crate) use propagator::Propagator;
