//! Runs all clients to the end, and samples the memory of the process meanwhile.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::workers::{Clients, WORKERS};
use crate::memory::{resident, Sample};
use crate::runtime::{eventually, runtime};

impl Clients {
    /// Sends every request. Gives the time it took and samples of the memory.
    pub(crate) fn run(self: &Arc<Self>) -> (Duration, Vec<Sample>) {
        let begun = Instant::now();
        let runtime = runtime("client");
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let clients = Arc::clone(self);
                runtime.spawn(async move { clients.work(worker).await })
            })
            .collect();

        let bound = Duration::from_secs(60 + self.total / 500);
        let mut memory = Vec::new();
        while !workers.iter().all(JoinHandle::is_finished) {
            assert!(begun.elapsed() < bound, "not done within {bound:?}");
            memory.extend(resident().map(|kib| Sample { done: self.done.load(SeqCst), kib }));
            std::thread::sleep(Duration::from_millis(20));
        }
        let took = begun.elapsed();
        for worker in workers {
            runtime.block_on(worker).expect("no worker panics");
        }
        eventually("no client's task is left", || runtime.metrics().num_alive_tasks() == 0);
        (took, memory)
    }
}
