//! Counts with valgrind's callgrind.
//!
//! Not by `gungraun`, the library for this: building its runner takes longer than all of the gate, it keeps what it
//! compares with out of the repository, and it knows no cost over another, which is what all our targets are.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::process::{lines_of, sibling_binary, watch};
use crate::case::Case;

/// The function that callgrind is told to watch.
const WATCHED: &str = "benches_measured";

#[inline(never)]
#[export_name = "benches_measured"]
fn measured(case: &mut Case) {
    case.run();
}

/// For [`count`] to see: a profile for each case, and in the same order a line `name<TAB>baseline<TAB>share of a unit`.
pub fn watch_all(cases: Vec<Case>) {
    for mut case in cases {
        watch(&mut case, measured);
        println!("{}\t{}\t{}", case.name, case.baseline, case.per_unit(1));
    }
}

/// A case's name, its baseline, and the instructions of a unit.
pub type Counted = (String, String, f64);

/// Counts the cases of a suite of a binary.
pub fn count(binary: &str, suite: &str) -> Vec<Counted> {
    let directory = env::temp_dir().join(format!("callgrind-{}-{suite}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory for profiles");
    let lines = lines_of(
        Command::new("valgrind")
            .args(["--tool=callgrind", "--collect-atstart=no"])
            .arg(format!("--toggle-collect={WATCHED}"))
            .arg(format!("--dump-after={WATCHED}"))
            .arg(format!("--callgrind-out-file={}", directory.join("profile").display()))
            .arg(sibling_binary(binary))
            .arg(suite),
    );
    let count = |(fields, number): (Vec<String>, usize)| {
        let [name, baseline, share] = fields.try_into().expect("three fields");
        let share: f64 = share.parse().expect("a number");
        (name, baseline, total(&directory.join(format!("profile.{number}"))) as f64 * share)
    };
    let counts = lines.into_iter().zip(1..).map(count).collect();
    fs::remove_dir_all(&directory).expect("profiles to remove");
    counts
}

fn total(profile: &Path) -> u64 {
    let text = fs::read_to_string(profile).expect("a profile for each case");
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.trim().parse().ok()).expect("a total")
}
