//! Tests that need a process each: what they test is set or said once in it.
#![allow(clippy::disallowed_methods)]

use std::process::Command;

/// Runs an ignored test of this program in an environment with nothing but Lambda's variables and these. Returns what it
/// prints.
pub(crate) fn run(program: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", program, "--ignored", "--nocapture", "--test-threads=1"])
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("it runs");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{program}, {variables:?}:\n{said}");
    said
}
