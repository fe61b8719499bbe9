//! What the gateway said of a request: from the bytes of its headers to values that are checked.
//!
//! Nothing in here reads a clock or the environment, logs, or knows of spans.

pub(crate) mod proxy_request;
pub(crate) mod scan;
pub(crate) mod swar;
pub(crate) mod text;
pub(crate) mod xray;
