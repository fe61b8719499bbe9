//! Cases in a process of their own: this binary runs them, and a sibling of it counts.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::case::Case;

/// Runs a case twice, and watches the second run: by then all that is made once has been made.
pub fn watch(case: &mut Case, watched: impl FnOnce(&mut Case)) {
    case.prepare(case.runs);
    case.run();
    case.prepare(case.runs);
    watched(case);
}

/// The suite that this process is to run.
pub fn suite_argument() -> String {
    env::args().nth(1).unwrap_or_default()
}

/// The path of another binary of this package.
pub fn sibling_binary(name: &str) -> PathBuf {
    env::current_exe().expect("a path").with_file_name(name)
}

/// The fields of each line that a process prints.
///
/// # Panics
///
/// If it fails.
pub fn lines_of(command: &mut Command) -> Vec<Vec<String>> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8_lossy(&output.stdout);
    lines.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}
