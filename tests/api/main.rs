//! What can share a process: the crate through its public API, in tower and in actix-web.

#[cfg(feature = "access-log")]
mod access_log;
mod architecture;
mod auto_traits;
mod carriers;
mod cases;
#[cfg(feature = "export")]
mod export;
mod golden;
mod hops;
mod lifecycle;
#[cfg(feature = "actix-web")]
mod lifecycle_actix;
#[cfg(feature = "metrics")]
mod metrics;
mod panics;
mod propagation;
mod properties;
mod readme;
mod sampling;
mod server_span;
#[cfg(feature = "export")]
mod service_graph;
mod setters;
mod sources;
mod stacks;
mod trust;
mod xray;
