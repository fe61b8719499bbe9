//! Prints the instructions and allocations of all suites, as rows of `results.csv`.

use benches::measure::costs::Costs;
use benches::measure::report::row;

fn main() {
    let suites = [
        ("", "own", 3),
        ("", "worst", 1),
        ("", "growth", 1),
        ("", "export", 1),
        ("_with_observers", "observers", 1),
        ("_with_events", "events", 1),
        ("_of_others", "others", 1),
        ("_of_others", "subscriber", 1),
    ];
    for (suffix, suite, repeats) in suites {
        for (case, cost) in Costs::count(suffix, suite, repeats).iter() {
            row(suite, case, "instructions", cost.instructions);
            row(suite, case, "allocations", cost.allocations);
            row(suite, case, "reallocations", cost.reallocations);
        }
    }
}
