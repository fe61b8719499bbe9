//! As `instructions`, for `others` (layers that need no subscriber) and `subscriber` (those that need one). A separate
//! binary, so that the layer is compiled the same with and without them.

use benches::measure::{callgrind, process};
use benches::suites;

fn main() {
    callgrind::watch_all(suites::others(&process::suite_argument()));
}
