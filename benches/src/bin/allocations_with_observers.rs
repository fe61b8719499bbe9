//! As `allocations`, for the suite of `instructions_with_observers`.

use benches::measure::allocations::{watch_all, Counting};
use benches::measure::process;
use benches::suites;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    watch_all(suites::observed(&process::suite_argument()));
}
