//! Times, side by side: each round runs every case once, and costs are differences within a round, of which the
//! median counts. Nanoseconds are worth comparing only within one run.
//!
//! Not by criterion or divan: they run one case after the other, so that what the machine does meanwhile falls on some
//! of them, and all that is looked for here is how they compare.
//!
//! | argument | cases |
//! |---|---|
//! | `others` | floors, layer, and those of others that need no subscriber |
//! | `subscriber` | floors, layer, and those of others that need a subscriber, which is there for all |
//!
//! Prints nanoseconds over the baseline as rows of `results.csv`.

use std::time::Instant;

use benches::case::{Case, NOTHING};
use benches::measure::process;
use benches::measure::report::{median, row};
use benches::suites;
use benches::{others, telemetry};

const ROUNDS: usize = 401;
const REQUESTS: usize = 64;

fn main() {
    let suite = process::suite_argument();
    let provider = telemetry::provider();
    telemetry::install(&provider);
    let of_others = match suite.as_str() {
        "others" => others::without_subscriber(),
        "subscriber" => {
            others::subscribe(&provider);
            others::with_subscriber()
        }
        set => panic!("no such cases: {set:?}"),
    };
    let mut cases = suites::own(&provider);
    cases.extend(of_others);

    let rounds: Vec<Vec<f64>> = (0..ROUNDS).map(|_| cases.iter_mut().map(once).collect()).collect();
    let is_baseline = |name: &str| name.starts_with("bare") || name == NOTHING;
    for (at, case) in cases.iter().enumerate().filter(|(_, case)| !is_baseline(&case.name)) {
        let below = cases.iter().position(|other| other.name == case.baseline);
        let below = below.expect("a baseline comes with its cases");
        let over = rounds.iter().map(|round| round[at] - round[below]);
        row(&format!("time with {suite}"), &case.name, "ns", format!("{:.0}", median(over)));
    }
}

/// Nanoseconds for one request.
fn once(case: &mut Case) -> f64 {
    case.prepare(REQUESTS);
    let begun = Instant::now();
    case.run();
    begun.elapsed().as_nanos() as f64 / REQUESTS as f64
}
