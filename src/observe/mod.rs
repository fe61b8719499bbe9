//! Who wants to know what became of an exchange.

pub(crate) mod span;
pub(crate) mod stats;
