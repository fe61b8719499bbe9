//! Fails if the layer costs more than the baseline or a limit. Counts no times: they say little on a shared machine.
//!
//! | argument | |
//! |---|---|
//! | `BASELINE` | the file with the costs as they were |
//! | `--update` | writes that file instead |

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use benches::measure::costs::{Cost, Costs};
use benches::measure::report::memory;
use benches::targets::{Limit, TARGETS};
use serde_json::Value;

/// More than it was by this factor is too much.
const TOLERANCE: f64 = 1.03;
/// As many instructions the compiler moves about when something unrelated changes.
const SLACK: f64 = 8.0;
/// Maps that hash with a random key make a few instructions more or less of every run.
const REPEATS: usize = 5;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let path = PathBuf::from(arguments.next().expect("the path of the baseline"));
    let mut costs = Costs::count("", "own", REPEATS);
    costs.extend(Costs::count("", "worst", 1));
    costs.extend(Costs::count("_with_observers", "observers", 1));
    costs.extend(Costs::count("_with_events", "events", 1));

    if arguments.next().as_deref() == Some("--update") {
        fs::write(&path, to_json(&costs)).expect("a baseline that can be written");
        println!("wrote {}", path.display());
        return ExitCode::SUCCESS;
    }

    let text = fs::read_to_string(&path).expect("a baseline; --update writes one");
    let baseline: Value = serde_json::from_str(&text).expect("a baseline in JSON");
    let mut failures = against_baseline(&costs, &baseline);
    println!();
    failures += against_limits(&costs);
    println!();
    if failures > 0 {
        println!("{failures} of these failed; if it is worth it: benches/gate --update");
        for (tool, version) in versions() {
            if baseline[tool] != version {
                println!("(the baseline is by {tool} {}, this is {version})", baseline[tool]);
            }
        }
        return ExitCode::FAILURE;
    }
    println!("nothing costs more than in the baseline, or than its limit");
    ExitCode::SUCCESS
}

fn against_baseline(costs: &Costs, baseline: &Value) -> usize {
    println!(
        "{:38} {:>12} {:>8} {:>7}   {:>11} {:>8}",
        "over the bare service", "instructions", "were", "", "allocations", "were"
    );
    let mut failures = 0;
    for (name, cost) in costs.iter() {
        let Some(was) = from_json(&baseline["costs"][name]) else {
            println!("{name:38} {:>12}  isn't in the baseline: FAILED", cost.instructions);
            failures += 1;
            continue;
        };
        let most = (was.instructions * TOLERANCE).max(was.instructions + SLACK);
        let failed =
            cost.instructions > most || cost.allocations > was.allocations || cost.reallocations > was.reallocations;
        println!(
            "{name:38} {:>12} {:>8} {:>+6.1}%   {:>11} {:>8}{}",
            cost.instructions,
            was.instructions,
            (cost.instructions / was.instructions - 1.0) * 100.0,
            memory(cost),
            memory(was),
            if failed { "   FAILED" } else { "" }
        );
        failures += usize::from(failed);
    }
    failures
}

fn against_limits(costs: &Costs) -> usize {
    println!("{:38} {:>15} {:>15}   {:>24} {:>24}", "", "", "fails above", "must (target)", "should (target)");
    let mut failures = 0;
    for target in TARGETS {
        let cost = costs.get(target.case);
        let gate = target.gate.map_or(String::new(), |gate| gate.describe());
        let reached = |limit: Option<Limit>| match limit {
            None => String::new(),
            Some(limit) if limit.is_met(cost) => format!("{} reached", limit.describe()),
            Some(limit) => format!("{} not reached", limit.describe()),
        };
        let failed = target.gate.is_some_and(|gate| !gate.is_met(cost));
        println!(
            "{:38} {:>15} {gate:>15}   {:>24} {:>24}{}",
            target.case,
            format!("{} / {}", cost.instructions, memory(cost)),
            reached(target.must),
            reached(target.should),
            if failed { "   FAILED" } else { "" }
        );
        failures += usize::from(failed);
    }
    failures
}

fn from_json(value: &Value) -> Option<Cost> {
    Some(Cost {
        instructions: value["instructions"].as_f64()?,
        allocations: value["allocations"].as_f64()?,
        reallocations: value["reallocations"].as_f64()?,
    })
}

/// A line for each case, so that a diff shows what changed.
fn to_json(costs: &Costs) -> String {
    let lines: Vec<_> = costs
        .iter()
        .map(|(name, cost)| {
            format!(
                "    \"{name}\": {{ \"instructions\": {}, \"allocations\": {}, \"reallocations\": {} }}",
                cost.instructions, cost.allocations, cost.reallocations
            )
        })
        .collect();
    let versions: String = versions().map(|(tool, version)| format!("  \"{tool}\": \"{version}\",\n")).concat();
    format!("{{\n{versions}  \"costs\": {{\n{}\n  }}\n}}\n", lines.join(",\n"))
}

fn versions() -> [(&'static str, String); 2] {
    ["rustc", "valgrind"].map(|tool| {
        let output = Command::new(tool).arg("--version").output();
        let output = output.expect("a tool that says its version");
        let text = String::from_utf8_lossy(&output.stdout);
        (tool, text.trim().to_owned())
    })
}
