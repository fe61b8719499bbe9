//! Whose child the gateway's span is, and how the application's span becomes the gateway's child.
//!
//! Whoever makes the server span looks for its parent in one of three places, and finds the same span in each: the
//! current context, which the exchange attaches; the request's propagation headers, which are written here; and the
//! request's extensions, where the exchange leaves its [`InferredSpan`](crate::InferredSpan).

mod carrier;
mod choose;
mod header_names;
mod propagator;
mod rewrite;
mod shortcut;

pub(crate) use carrier::{RequestHeaders, RequestParts};
pub(crate) use choose::Parent;
use header_names::HeaderNames;
pub(crate) use propagator::Propagator;
