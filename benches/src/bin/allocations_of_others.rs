//! How often memory is asked for, as `allocations`. Cases as those of `instructions_of_others`.

use benches::measure::allocations::{watch_all, Counting};
use benches::measure::callgrind;
use benches::suites;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    watch_all(suites::others(&callgrind::case_set_argument()));
}
