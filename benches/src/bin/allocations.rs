//! How often memory is asked for: a line for each case, `name<TAB>allocations<TAB>reallocations`, of all runs.
//! Cases as those of `instructions`.

use benches::measure::allocations::{watch_all, Counting};
use benches::measure::callgrind;
use benches::{suites, telemetry};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let provider = telemetry::provider();
    telemetry::install(&provider);
    watch_all(match callgrind::case_set_argument().as_str() {
        "own" => suites::own(&provider),
        set => panic!("no such cases: {set:?}"),
    });
}
