//! Counts with valgrind's callgrind.
//!
//! Not by `gungraun`, the library for this: building its runner takes longer than all of the gate, it keeps what it
//! compares with out of the repository, and it knows no cost over another, which is what all our targets are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::Case;

/// Requests that count.
pub const RUNS: usize = 512;

/// The function that callgrind is told to watch.
const WATCHED: &str = "benches_measured";

#[inline(never)]
#[export_name = "benches_measured"]
fn measured(case: &mut Case) {
    case.run();
}

/// For [`count`] to see: a profile for each case, and in the same order a line `name<TAB>baseline`.
pub fn watch_all(cases: Vec<Case>) {
    for mut case in cases {
        watch(&mut case, measured);
        println!("{}\t{}", case.name, case.baseline);
    }
}

/// Runs a case twice, and watches the second run: by then all that is made once has been made.
pub fn watch(case: &mut Case, watched: impl FnOnce(&mut Case)) {
    case.prepare(RUNS);
    case.run();
    case.prepare(RUNS);
    watched(case);
}

/// This process's first argument: which set of cases.
pub fn case_set_argument() -> String {
    env::args().nth(1).unwrap_or_default()
}

/// Each case of a set of a binary: its name, its baseline, and the instructions of all requests that count.
pub fn count(binary: &str, set: &str) -> Vec<(String, String, u64)> {
    let directory = env::temp_dir().join(format!("callgrind-{}-{set}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory for profiles");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={WATCHED}"))
        .arg(format!("--dump-after={WATCHED}"))
        .arg(format!("--callgrind-out-file={}", directory.join("profile").display()))
        .arg(sibling_binary(binary))
        .arg(set)
        .output()
        .expect("valgrind is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let lines = String::from_utf8_lossy(&output.stdout);
    let counts = lines
        .lines()
        .zip(1..)
        .map(|(line, number)| {
            let (name, baseline) = line.split_once('\t').expect("two fields");
            let profile = directory.join(format!("profile.{number}"));
            (name.to_owned(), baseline.to_owned(), total(&profile))
        })
        .collect();
    fs::remove_dir_all(&directory).expect("profiles to remove");
    counts
}

fn total(profile: &Path) -> u64 {
    let text = fs::read_to_string(profile).expect("a profile for each case");
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.trim().parse().ok()).expect("a total")
}

/// The path of another binary of this package.
pub fn sibling_binary(name: &str) -> PathBuf {
    env::current_exe().expect("a path").with_file_name(name)
}
