//! One request that came through a gateway, from its headers to the end of its response.

#[allow(clippy::module_inception)]
mod exchange;

pub(crate) use exchange::{Failure, InferredSpan};
