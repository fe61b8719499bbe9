//! The same as `instructions`, built with the features for AWS Lambda.

use benches::measure::{callgrind, process};
use benches::suites;

fn main() {
    callgrind::watch_all(suites::of_events(&process::suite_argument()));
}
