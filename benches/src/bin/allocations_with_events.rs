//! As `allocations`, for the suite of `instructions_with_events`.

use benches::measure::allocations::{watch_all, Counting};
use benches::measure::process;
use benches::suites;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    watch_all(suites::of_events(&process::suite_argument()));
}
