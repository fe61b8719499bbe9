//! What callgrind counts the instructions of: the [suite](benches::suites::cases) that the argument names.

use benches::measure::{callgrind, process};
use benches::suites;

fn main() {
    callgrind::watch_all(suites::cases(&process::suite_argument()));
}
