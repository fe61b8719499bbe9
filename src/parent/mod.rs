//! Whose child the gateway's span is, and how the application's span becomes the gateway's child.

mod choose;

pub(crate) use choose::{Parent, Propagator, RequestHeaders};
