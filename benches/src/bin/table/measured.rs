//! Everything that the other binaries measure.

use std::collections::HashMap;
use std::process::Command;

use benches::measure::callgrind::sibling_binary;
use benches::measure::costs::Costs;

pub struct Measured {
    pub costs: Costs,
    pub growth: Costs,
    /// Nanoseconds by case, with no subscriber installed.
    pub plain: Times,
    /// Nanoseconds by case, with a subscriber installed.
    pub subscribed: Times,
    /// Lines for each case.
    pub contention: String,
    /// Protocol, case, microseconds, ratio to bare, and ratio of ours to it.
    pub end_to_end: Vec<[String; 5]>,
}

pub type Times = HashMap<String, f64>;

impl Measured {
    pub fn now(end_to_end: bool) -> Self {
        let mut costs = Costs::count("", "own", 3);
        costs.extend(Costs::count("_of_others", "others", 1));
        costs.extend(Costs::count("_of_others", "subscriber", 1));
        Self {
            costs,
            growth: Costs::instructions("", "growth"),
            plain: times("others"),
            subscribed: times("subscriber"),
            contention: run("threads", &[]),
            end_to_end: if end_to_end { fields(&run("end_to_end", &[])) } else { Vec::new() },
        }
    }

    /// Nanoseconds of one case as a multiple of another's, from the run that has both.
    pub fn time_ratio(&self, case: &str, other: &str) -> f64 {
        let runs = [&self.plain, &self.subscribed].into_iter();
        let mut times = runs.filter(|times| times.contains_key(other));
        let times = times.next().expect("a time for each case");
        times[case] / times[other]
    }
}

fn times(set: &str) -> Times {
    let lines = fields::<2>(&run("time", &[set])).into_iter();
    lines.map(|[name, time]| (name, time.parse().expect("a number"))).collect()
}

fn fields<const COUNT: usize>(lines: &str) -> Vec<[String; COUNT]> {
    let fields = |line: &str| {
        let fields: Vec<_> = line.split('\t').map(str::to_owned).collect();
        fields.try_into().expect("as many fields")
    };
    lines.lines().map(fields).collect()
}

fn run(binary: &str, arguments: &[&str]) -> String {
    let output = Command::new(sibling_binary(binary)).args(arguments).output();
    let output = output.expect("a binary that runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
