//! Whether threads that share a layer get in each other's way: each has a clone of one service, and the requests of
//! all of them are counted.
//!
//! | case | layer | request |
//! |---|---|---|
//! | bare | none | `Root` |
//! | disabled | off | `Root` |
//! | no gateway headers | on | `NoHeaders` |
//! | unsampled parent | on | `UnsampledParent` |
//! | sampled | on | `Root` |
//! | SDK floor | none, but a span of the SDK | `Root` |
//!
//! For each number of threads: requests per second, how many times those of one thread, and in brackets the same for
//! a second of processor time. The first can't grow beyond the number of cores; the second stays at 1.0 as long as
//! nothing is fought over, and on a machine with other work it is the one to look at.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use benches::drive::{send, sink, Bare};
use benches::floors::SpanAbove;
use benches::measure::thread_cpu_time::ThreadCpuTime;
use benches::requests::{Body, Kind};
use benches::telemetry;
use benches::tower::{layer, off};
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service;

const THREADS: [usize; 4] = [1, 2, 4, 8];
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(120);
const BETWEEN_LOOKS: u64 = 64;

fn main() {
    let provider = telemetry::provider();
    let on = layer(&provider);
    send(&mut on.layer(Bare), Kind::Root.request());

    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores; millions of requests per second, x those of one thread, (the same by processor time)");
    let (disabled, on) = (off().layer(Bare), on.layer(Bare));
    let floor = SpanAbove::new(&provider);
    // Rounds are interleaved, so that what else the machine does falls on all.
    let rounds = std::array::from_fn::<_, ROUNDS, _>(|_| {
        THREADS.map(|threads| {
            [
                speed(threads, &Bare, Kind::Root),
                speed(threads, &disabled, Kind::Root),
                speed(threads, &on, Kind::NoHeaders),
                speed(threads, &on, Kind::UnsampledParent),
                speed(threads, &on, Kind::Root),
                speed(threads, &floor, Kind::Root),
            ]
        })
    });
    let names = ["bare", "disabled", "no gateway headers", "unsampled parent", "sampled", "SDK floor"];
    for (case, name) in names.into_iter().enumerate() {
        let by_threads = |at: usize| median(rounds.map(|round| round[at][case]));
        let one = by_threads(0);
        print!("{name:18}");
        for (at, threads) in THREADS.into_iter().enumerate() {
            let speed = by_threads(at);
            print!(
                "  {threads}: {:5.2} {:.2}x ({:.2}x)",
                speed.per_second / 1e6,
                speed.per_second / one.per_second,
                speed.per_processor_second / one.per_processor_second
            );
        }
        println!();
    }
}

#[derive(Clone, Copy)]
struct Speed {
    per_second: f64,
    per_processor_second: f64,
}

/// Of that many threads, each of which sends one request again and again.
fn speed<S, B>(threads: usize, service: &S, kind: Kind) -> Speed
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Sync + Send,
    S::Error: Debug,
    B: http_body::Body,
{
    let is_over = AtomicBool::new(false);
    let begun = Instant::now();
    let (count, worked) = thread::scope(|scope| {
        let send = || {
            let statistics = ThreadCpuTime::current_thread();
            let mut service = service.clone();
            let mut request = kind.request();
            let mut count = 0;
            while !is_over.load(Relaxed) {
                for _ in 0..BETWEEN_LOOKS {
                    send(&mut service, request);
                    request = sink::take_last().expect("it is kept");
                }
                count += BETWEEN_LOOKS;
            }
            (count, statistics.nanoseconds())
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(send)).collect();
        thread::sleep(ROUND);
        is_over.store(true, Relaxed);
        let counts = handles.into_iter().map(|handle| handle.join());
        let counts = counts.map(|count| count.expect("a count"));
        counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    });
    Speed {
        per_second: count as f64 / begun.elapsed().as_secs_f64(),
        per_processor_second: count as f64 / worked as f64 * 1e9,
    }
}

fn median(speeds: [Speed; ROUNDS]) -> Speed {
    let of = |part: fn(&Speed) -> f64| {
        let mut numbers = speeds.map(|speed| part(&speed));
        numbers.sort_by(f64::total_cmp);
        numbers[ROUNDS / 2]
    };
    Speed { per_second: of(|speed| speed.per_second), per_processor_second: of(|speed| speed.per_processor_second) }
}
