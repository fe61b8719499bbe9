//! The command line.

use crate::common::arguments::Arguments;

pub(crate) const USAGE: &str = "\
usage: cargo run --features metrics,access-log --example workshop [-- --requests N --concurrency C]";

pub(crate) const HELP: &str = "
  --requests N      how many requests are sent (20)
  --concurrency C   how many of them at a time, at most 100 (2)";

/// With more at a time, requests wait for this machine, and who gives up first is chance.
const MOST_AT_A_TIME: usize = 100;

/// What the client sends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) requests: usize,
    pub(crate) concurrency: usize,
}

pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Arguments<Load> {
    let mut load = Load { requests: 20, concurrency: 2 };
    while let Some(argument) = arguments.next() {
        let (setting, most) = match argument.as_str() {
            "--requests" => (&mut load.requests, usize::MAX),
            "--concurrency" => (&mut load.concurrency, MOST_AT_A_TIME),
            "--help" | "-h" => return Arguments::Help,
            _ => return Arguments::Unknown,
        };
        match arguments.next().and_then(|value| value.parse().ok()) {
            Some(value) if (1..=most).contains(&value) => *setting = value,
            _ => return Arguments::Unknown,
        }
    }
    Arguments::Run(load)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_positive_and_have_defaults() {
        let run = |requests, concurrency| Arguments::Run(Load { requests, concurrency });
        for (line, expected) in [
            ("", run(20, 2)),
            ("--requests 100", run(100, 2)),
            ("--concurrency 8 --requests 100", run(100, 8)),
            ("--help", Arguments::Help),
            ("--requests", Arguments::Unknown),
            ("--requests 0", Arguments::Unknown),
            ("--requests many", Arguments::Unknown),
            ("--concurrency 100", run(20, 100)),
            ("--concurrency 101", Arguments::Unknown),
            ("100", Arguments::Unknown),
        ] {
            assert_eq!(parse(line.split_whitespace().map(str::to_owned)), expected, "{line}");
        }
    }
}
