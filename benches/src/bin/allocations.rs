//! Counts allocations: a line for each case, `allocations<TAB>reallocations`, of the suite that the argument names.

use benches::measure::allocations::{watch_all, Counting};
use benches::measure::process;
use benches::suites;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    watch_all(suites::cases(&process::suite_argument()));
}
