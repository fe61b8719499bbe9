//! Whether threads that share a layer slow each other down, next to the SDK's own span, which they share, too.
//!
//! | case | service | request |
//! |---|---|---|
//! | no gateway headers | the layer | `NoHeaders` |
//! | real request | the layer | `Root` |
//! | real request with traceparent | the layer | `SampledParent` |
//! | SDK floor | a span with the same attributes, straight from the SDK | `Root` |
//!
//! Each thread has a clone of one service. Prints, as rows of `results.csv`, the processor time of a request over the
//! bare service with one thread and with two, and the ratio of the two. Where threads share nothing that they write, it
//! is 1. Processor time doesn't depend on the number of free cores, but contention does: it takes two.

use std::fmt::Debug;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use benches::drive::{send, sink, Bare};
use benches::floors::SpanAbove;
use benches::measure::report::{median, row};
use benches::measure::thread_cpu_time::ThreadCpuTime;
use benches::requests::{Body, Kind};
use benches::telemetry;
use benches::tower::layer;
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service;

const ROUNDS: usize = 101;
const REQUESTS: usize = 2_000;
/// How often a round is tried until no thread had to wait for a core.
const TRIES: usize = 20;
const NO_WAIT: f64 = 0.95;

fn main() {
    let provider = telemetry::provider();
    let on = layer(&provider).layer(Bare);
    let floor = SpanAbove::new(&provider);
    send(&mut on.clone(), Kind::Root.request());

    let cases: [(&str, &dyn Fn(usize) -> f64); 4] = [
        ("no gateway headers", &|threads| over_bare(threads, &on, Kind::NoHeaders)),
        ("real request", &|threads| over_bare(threads, &on, Kind::Root)),
        ("real request with traceparent", &|threads| over_bare(threads, &on, Kind::SampledParent)),
        ("SDK floor", &|threads| over_bare(threads, &floor, Kind::Root)),
    ];
    // Rounds are interleaved, so that other load on the machine affects all cases alike.
    let round = |_| cases.map(|(_, measure)| [measure(1), measure(2)]);
    let rounds: Vec<_> = (0..ROUNDS).map(round).collect();
    for (at, (name, _)) in cases.iter().enumerate() {
        let of = |read: fn([f64; 2]) -> f64| median(rounds.iter().map(|round| read(round[at])));
        row("threads", name, "ns with 1 thread", format!("{:.0}", of(|[one, _]| one)));
        row("threads", name, "ns with 2 threads", format!("{:.0}", of(|[_, two]| two)));
        row("threads", name, "ratio", format!("{:.2}", of(|[one, two]| two / one)));
    }
}

fn over_bare<S, B>(threads: usize, service: &S, kind: Kind) -> f64
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Sync + Send,
    S::Error: Debug,
    B: http_body::Body,
{
    nanoseconds(threads, service, kind) - nanoseconds(threads, &Bare, kind)
}

/// The processor time of one request, with this number of threads at work.
fn nanoseconds<S, B>(threads: usize, service: &S, kind: Kind) -> f64
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Sync + Send,
    S::Error: Debug,
    B: http_body::Body,
{
    let mut best = Run { nanoseconds: 0.0, on_core: 0.0 };
    for _ in 0..TRIES {
        let run = run(threads, service, kind);
        if run.on_core > best.on_core {
            best = run;
        }
        if best.on_core >= NO_WAIT {
            break;
        }
    }
    best.nanoseconds
}

struct Run {
    nanoseconds: f64,
    /// The share of the time that the thread which waited most was on a core. Only threads that run at the same time
    /// get in each other's way.
    on_core: f64,
}

fn run<S, B>(threads: usize, service: &S, kind: Kind) -> Run
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Sync + Send,
    S::Error: Debug,
    B: http_body::Body,
{
    let start = Barrier::new(threads);
    let work = || {
        let mut service = service.clone();
        // Each is sent once: what the layer leaves in a request's extensions tells it that it has seen the request.
        let requests: Vec<_> = (0..REQUESTS).map(|_| kind.request()).collect();
        start.wait();
        let cpu_time = ThreadCpuTime::current_thread();
        let read = || {
            // Linux brings the statistics up to date only at a tick or a switch.
            thread::yield_now();
            (cpu_time.nanoseconds() as f64, Instant::now())
        };
        let (cpu_before, begun) = read();
        for request in requests {
            send(&mut service, request);
            drop(sink::take_last());
        }
        let (cpu_after, ended) = read();
        let cpu = cpu_after - cpu_before;
        (cpu, cpu / (ended - begun).as_nanos() as f64)
    };
    let runs: Vec<(f64, f64)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(|handle| handle.join().expect("no panic")).collect()
    });
    Run {
        nanoseconds: runs.iter().map(|(cpu, _)| cpu).sum::<f64>() / (threads * REQUESTS) as f64,
        on_core: runs.iter().map(|(_, share)| *share).fold(1.0, f64::min),
    }
}
