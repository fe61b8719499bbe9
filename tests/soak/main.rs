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
mod report;
mod requests;
mod servers;

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::serve::ListenerExt as _;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use opentelemetry_sdk::Resource;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use checks::check;
use clients::{Clients, WORKERS};
use exporter::Stalling;
use histogram::Histogram;
use layer::layer;
use ledger::{Accountant, Ledger};
use memory::{memory_report, resident};
use panics::keep_panics_quiet;
use report::report;
#[cfg(feature = "actix-web")]
use servers::actix;
use servers::{app, Gate};

const DEFAULT_REQUESTS: u64 = if cfg!(debug_assertions) { 5_000 } else { 20_000 };

/// How long a single request may take before the run has failed.
const PATIENCE: Duration = Duration::from_secs(30);

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(default, |value| value.replace('_', "").parse().expect(name))
}

fn runtime(name: &str) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Waits for what must come about.
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_request_is_accounted_for() {
    let total = setting("SOAK_REQUESTS", DEFAULT_REQUESTS);
    let seed = setting("SOAK_SEED", 1);
    keep_panics_quiet();

    let ledger = Arc::new(Ledger::default());
    let exporter = Stalling::default();
    let (stalled, exported) = (Arc::clone(&exporter.stalled), Arc::clone(&exporter.exported));
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_span_processor(Accountant(Arc::clone(&ledger)))
        .with_span_processor(BatchSpanProcessor::builder(exporter).build())
        .build();
    let layer = layer(&provider);
    let gate = Arc::new(Gate::default());

    let servers = runtime("server");
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = servers.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let axum = listener.local_addr().expect("bound");
    let app = app(&layer, &gate);
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    let served = servers.spawn(async move {
        axum::serve(listener, app)
            .with_graceful_shutdown(async {
                let _ = stopped.await;
            })
            .await
    });
    #[cfg(feature = "actix-web")]
    let actix_server = actix(layer.clone(), Arc::clone(&gate));
    #[cfg(feature = "actix-web")]
    let actix = Some(actix_server.address);
    #[cfg(not(feature = "actix-web"))]
    let actix = None;

    let clients = Arc::new(Clients {
        seed,
        total,
        axum,
        actix,
        done: AtomicU64::new(0),
        stalled: Arc::clone(&stalled),
        latency: [Histogram::new(), Histogram::new()],
        answered: AtomicU64::new(0),
        left: AtomicU64::new(0),
        faults: Mutex::default(),
    });
    let begun = Instant::now();
    let sending = runtime("client");
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let clients = Arc::clone(&clients);
            sending.spawn(async move { clients.work(worker).await })
        })
        .collect();

    let bound = Duration::from_secs(60 + total / 500);
    let mut memory = Vec::new();
    while !workers.iter().all(JoinHandle::is_finished) {
        assert!(begun.elapsed() < bound, "not done within {bound:?}");
        memory.extend(resident().map(|kib| (clients.done.load(SeqCst), kib)));
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = begun.elapsed();
    for worker in workers {
        sending.block_on(worker).expect("no worker panics");
    }
    eventually("no client's task is left", || sending.metrics().num_alive_tasks() == 0);
    drop(sending);

    // Clients are gone; what they left behind has to come to its end by itself.
    eventually("no request is in flight", || gate.in_flight.load(SeqCst) == 0);
    let _ = stop.send(());
    servers
        .block_on(async { timeout(PATIENCE, served).await })
        .expect("no connection is left")
        .expect("no panic")
        .expect("served");
    eventually("no server's task is left", || servers.metrics().num_alive_tasks() == 0);
    #[cfg(feature = "actix-web")]
    {
        eventually("no span is left in actix-web", || ledger.ended.load(SeqCst) == ledger.started.load(SeqCst));
        drop(actix_server);
    }
    stalled.store(false, SeqCst);
    provider.shutdown().expect("the rest is exported");

    let report = report(&clients, &ledger, &gate, &layer, &exported, took);
    print!("{report}");
    let flat = memory_report(&memory, total);
    check(&clients, &ledger, &gate, &layer);
    assert!(flat.unwrap_or(true), "memory grows");
}
