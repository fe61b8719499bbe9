//! As `allocations`, for the suites of `instructions_of_others`.

use benches::measure::allocations::{watch_all, Counting};
use benches::measure::process;
use benches::suites;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    watch_all(suites::others(&process::suite_argument()));
}
