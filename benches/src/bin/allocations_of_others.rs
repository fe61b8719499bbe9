//! How often memory is asked for, as `allocations`. Cases as those of `instructions_of_others`.

use benches::allocations::{watch_all, Counting};
use benches::{callgrind, others};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    watch_all(others::cases(&callgrind::set()));
}
