//! The `service` target: requests through the whole tower service.
//!
//! - `input`: what the bytes of an input mean;
//! - `layer`, `telemetry`: the layer with these settings, and the providers and propagators it uses;
//! - `driver`, `client`: send the requests, and poll or drop what the layer returns;
//! - `application`, `body`: the service inside the layer, which notes `events`;
//! - `model`, `checks`: what the layer should have done, and whether it did.

mod application;
mod body;
mod checks;
mod client;
mod driver;
mod events;
mod input;
mod layer;
mod model;
mod panics;
mod telemetry;

pub use checks::check;
pub use driver::{Exchange, Layers, Leftovers};
pub use input::{split, Plan, Settings};
