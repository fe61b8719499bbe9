//! What the tests share: requests, servers, and the spans that come out of them.
#![allow(clippy::new_without_default)]

pub mod cases;
pub mod datadog;
pub mod golden;
pub mod golden_routes;
pub mod log;
#[cfg(feature = "metrics")]
pub mod metrics;
pub mod propagators;
pub mod requests;
pub mod servers;
pub mod services;
pub mod spans;
