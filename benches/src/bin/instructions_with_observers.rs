//! The same as `instructions`, built with the features for metrics and the access log.

use benches::measure::{callgrind, process};
use benches::suites;

fn main() {
    callgrind::watch_all(suites::observed(&process::suite_argument()));
}
