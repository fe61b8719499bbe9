//! Every request accounted for, over a long run of all kinds of them on real servers.
//!
//! `cargo test -p tests --release --all-features --test soak -- --nocapture`
//!
//! `SOAK_REQUESTS` says how many (default 20,000; 5,000 in a debug build), `SOAK_SEED` which mix. Loopback only.
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
use panics::keep_panics_quiet;
use pipeline::Pipeline;
use report::report;
use servers::Servers;

const DEFAULT_REQUESTS: u64 = if cfg!(debug_assertions) { 5_000 } else { 20_000 };

/// How long a single request may take before the run has failed.
const PATIENCE: Duration = Duration::from_secs(30);

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(default, |value| value.replace('_', "").parse().expect(name))
}

#[test]
fn every_request_is_accounted_for() {
    let total = setting("SOAK_REQUESTS", DEFAULT_REQUESTS);
    let seed = setting("SOAK_SEED", 1);
    keep_panics_quiet();

    let pipeline = Pipeline::new();
    let layer = layer(&pipeline.provider);
    let servers = Servers::start(&layer);
    let clients = Arc::new(Clients::new(seed, total, &servers, &pipeline));
    let (took, memory) = clients.run();
    let gate = servers.stop(&pipeline.ledger);
    pipeline.shutdown();

    print!("{}", report(&clients, &pipeline, &gate, &layer, took));
    let flat = memory::is_flat(&memory, total);
    check(&clients, &pipeline.ledger, &gate, &layer);
    assert!(flat.unwrap_or(true), "memory grows");
}
