//! The gateway's span.

pub(crate) mod attributes;
pub(crate) mod service_names;
pub(crate) mod tracer;
