//! Sends many requests of every kind to real servers, and checks that the layer accounts for each of them.
//!
//! `cargo test -p tests --release --all-features --test soak -- --nocapture`
//!
//! `SOAK_REQUESTS` sets the number of requests (default 20,000; 5,000 in a debug build), `SOAK_SEED` the mix. Servers
//! and clients use loopback only.
// Only the test's own settings are read from the environment.
#![allow(clippy::disallowed_methods)]

mod bodies;
mod checks;
mod clients;
mod exporter;
mod histogram;
mod layer;
mod ledger;
mod memory;
mod mix;
mod observers;
mod pairs;
mod panics;
mod pipeline;
mod report;
mod requests;
mod runtime;
mod servers;

use std::sync::Arc;
use std::time::Duration;

use checks::check;
use clients::Clients;
use layer::layer;
use observers::Observers;
use panics::silence_deliberate_panics;
use pipeline::Pipeline;
use report::report;
use servers::Servers;

const DEFAULT_REQUESTS: u64 = if cfg!(debug_assertions) { 5_000 } else { 20_000 };

/// How long a request, or a wait for the servers, may take before the run fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A number from the environment; underscores between digits are allowed.
fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(default, |value| value.replace('_', "").parse().expect(name))
}

#[test]
fn every_request_is_accounted_for() {
    let total = setting("SOAK_REQUESTS", DEFAULT_REQUESTS);
    let seed = setting("SOAK_SEED", 1);
    silence_deliberate_panics();

    let pipeline = Pipeline::new();
    let observers = Observers::new(pipeline.access_log_lines.clone());
    let layer = observers.observe(layer(&pipeline.provider));
    let servers = Servers::start(&layer);
    let clients = Arc::new(Clients::new(seed, total, &servers, &pipeline));
    let (took, memory) = clients.run();
    let arrivals = servers.stop(&pipeline.ledger);
    pipeline.shutdown();

    print!("{}", report(&clients, &pipeline, &arrivals, &layer, took));
    let flat = memory::is_flat(&memory, total);
    check(&clients, &pipeline, &arrivals, &layer);
    observers.check(&layer.stats());
    assert!(flat.unwrap_or(true), "memory grows");
}
