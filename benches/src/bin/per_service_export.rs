//! Prints what it costs to export each service under a Resource of its own, in instructions a span.
//!
//! With the argument `cases`: what callgrind counts the instructions of.

use benches::measure::callgrind::{self, RUNS};
use benches::per_service_export::{cases, BATCH};

fn main() {
    if callgrind::case_set_argument() == "cases" {
        return callgrind::watch_all(cases());
    }
    let counts = callgrind::count("per_service_export", "cases");
    let of = |name: &str| counts.iter().find(|count| count.0 == name);
    println!("{:16} {:>19}", "batch of 512", "instructions a span");
    for (name, baseline, instructions) in &counts {
        let below = of(baseline).map_or(0, |count| count.2);
        let each = (*instructions as f64 - below as f64) / (RUNS * BATCH) as f64;
        println!("{name:16} {each:>19.0}");
    }
}
