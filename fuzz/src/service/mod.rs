//! The `service` target: requests through the whole tower service.

mod application;
mod body;
mod checks;
mod driver;
mod events;
mod input;
mod layer;
mod model;
mod panics;
mod telemetry;

pub use driver::fuzz;
