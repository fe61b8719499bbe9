//! What is measured.

use std::fmt::Debug;

use http::{Request, Response};
use tower_service::Service;

use crate::drive::{send, sink, Bare};
use crate::requests::{Body, Kind};

/// Requests that are counted.
const RUNS: usize = 512;

/// The case that does nothing.
pub const NOTHING: &str = "nothing";

/// Something that is done again and again, and the case whose cost is subtracted from its own.
pub struct Case {
    pub name: String,
    pub baseline: String,
    /// How often it is done.
    pub runs: usize,
    /// How many things each run handles; costs are those of one.
    pub units: usize,
    batch: Box<dyn Batch>,
}

impl Case {
    /// What `make` makes is made beforehand, so that only `handle` is measured.
    pub fn new<T: 'static>(
        name: impl Into<String>,
        baseline: impl Into<String>,
        make: impl Fn() -> T + 'static,
        handle: impl FnMut(T) + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            baseline: baseline.into(),
            runs: RUNS,
            units: 1,
            batch: Box::new(Prepared { make, handle, made: Vec::new() }),
        }
    }

    /// A request through a tower service.
    pub fn tower<S, B>(
        name: impl Into<String>,
        baseline: impl Into<String>,
        mut service: S,
        requests: impl Fn() -> Request<Body> + 'static,
    ) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + 'static,
        S::Error: Debug,
        B: http_body::Body,
    {
        Self::new(name, baseline, requests, move |request| send(&mut service, request))
    }

    #[must_use]
    pub fn runs(self, runs: usize) -> Self {
        Self { runs, ..self }
    }

    #[must_use]
    pub fn units(self, units: usize) -> Self {
        Self { units, ..self }
    }

    /// What `total` is for one thing that is handled.
    pub fn per_unit(&self, total: u64) -> f64 {
        total as f64 / (self.runs * self.units) as f64
    }

    /// Makes what the next run handles.
    pub fn prepare(&mut self, times: usize) {
        sink::reset(times);
        self.batch.prepare(times);
    }

    pub fn run(&mut self) {
        self.batch.run();
    }
}

trait Batch {
    fn prepare(&mut self, times: usize);
    fn run(&mut self);
}

struct Prepared<T, M, H> {
    make: M,
    handle: H,
    made: Vec<T>,
}

// The loop is within, so that it is compiled as one with what is measured, as in a server.
impl<T, M: Fn() -> T, H: FnMut(T)> Batch for Prepared<T, M, H> {
    fn prepare(&mut self, times: usize) {
        self.made.reserve_exact(times);
        self.made.extend((0..times).map(|_| (self.make)()));
    }

    fn run(&mut self) {
        self.made.drain(..).for_each(&mut self.handle);
    }
}

/// The name of the bare service's case, with requests of a kind.
pub fn bare(kind: Kind) -> String {
    format!("bare: {kind:?}")
}

pub fn bare_cases() -> impl Iterator<Item = Case> {
    Kind::ALL.into_iter().map(|kind| Case::tower(bare(kind), NOTHING, Bare, kind.requests()))
}
