//! The page.

use std::fmt::Write as _;
use std::process::Command;

use benches::measure::costs::Cost;
use benches::others::{OTEL_ACTIX, OTEL_AXUM, OTEL_TOWER, TRACE_LAYER, TRACE_LAYER_OTEL, TRACE_LAYER_SPAN};
use benches::targets::{TARGETS, TIME_TARGETS};

use crate::measured::Measured;

const LOCK: &str = include_str!("../../../../Cargo.lock");
const SDK: &str = "SDK floor";

/// Crates whose versions matter.
const CRATES: [&str; 10] = [
    "opentelemetry",
    "opentelemetry_sdk",
    "tower-http",
    "tracing-opentelemetry",
    "axum-tracing-opentelemetry",
    "opentelemetry-instrumentation-tower",
    "opentelemetry-instrumentation-actix-web",
    "axum",
    "hyper",
    "actix-web",
];

pub fn page(measured: &Measured) -> String {
    let sections = [
        "# What it costs\n\n\
         Written by `benches/table --write`; don't edit it. Costs are those of one request over the same service \
         without the layer, with spans that go nowhere. Instructions (by callgrind) and allocations (`13+2`: 13, and \
         2 more that grow one) repeat within 1 % for one build, and a gate keeps them from growing: `benches/gate`. Nanoseconds are \
         for comparing within this page.\n\n\
         ![Instructions for one request](cost.svg)\n"
            .to_owned(),
        costs(measured),
        against_others(measured),
        targets(measured),
        growth(measured),
        contention(measured),
        end_to_end(measured),
        reproduce(),
    ];
    sections.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("\n")
}

fn costs(measured: &Measured) -> String {
    let mut text = String::from(
        "## One request\n\n\
         Requests have twelve headers beside those of the gateway, which are the seven that every API maps (*all ten*: \
         account, API and region too). *Rewrite*: the request brings a sampled `traceparent`. *Globals*: provider and \
         propagator are the global ones, not handed over. Floors are the least that a middleware can do: look for one \
         header; make a span of 14 attributes with the SDK; the same through OpenTelemetry's API; and that with \
         extract, inject, and attaching twice (*full*).\n\n\
         | | instructions | allocations | ns | instructions x SDK floor |\n|---|---:|---:|---:|---:|\n",
    );
    let floor = measured.costs.get(SDK).instructions;
    for (name, cost) in measured.costs.iter() {
        let time = measured.plain.get(name).or(measured.subscribed.get(name));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {:.2} |",
            cost.instructions,
            memory(cost),
            time.expect("a time for each case"),
            cost.instructions / floor
        );
    }
    text
}

fn against_others(measured: &Measured) -> String {
    let others = [TRACE_LAYER, OTEL_TOWER, TRACE_LAYER_SPAN, TRACE_LAYER_OTEL, OTEL_AXUM];
    let mut text = String::from(
        "## Beside the layers of others\n\n\
         Each of them makes the application's own span, which is not what this layer does; they show what a span costs \
         elsewhere. Instructions, then nanoseconds, as multiples of theirs.\n\n| x |",
    );
    for name in others {
        let _ = write!(text, " {name} |");
    }
    text += "\n|---|";
    text += &"---:|".repeat(others.len());
    text.push('\n');
    for row in [
        "tower: no gateway headers",
        "tower: unsampled parent",
        "tower: sampled",
        "tower: sampled, all ten headers",
        "tower: sampled, rewrite",
        "tower: X-Ray root",
    ] {
        let _ = write!(text, "| {row} |");
        for other in others {
            text += &ratios(measured, row, other);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "\n| x | {OTEL_ACTIX} |\n|---|---:|");
    for row in ["actix: no gateway headers", "actix: sampled"] {
        let cell = ratios(measured, row, OTEL_ACTIX);
        let _ = writeln!(text, "| {row} |{cell}");
    }
    text
}

fn ratios(measured: &Measured, ours: &str, other: &str) -> String {
    let instructions = |name| measured.costs.get(name).instructions;
    format!(" {:.2}, {:.2} |", instructions(ours) / instructions(other), measured.time_ratio(ours, other))
}

fn targets(measured: &Measured) -> String {
    let mut text = String::from(
        "## What it may cost\n\n\
         The gate fails where a *must* isn't met.\n\n\
         | | instructions | allocations | must be at most | | should be at most | |\n\
         |---|---:|---:|---|---|---|---|\n",
    );
    for target in TARGETS {
        let cost = measured.costs.get(target.case);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            target.case,
            cost.instructions,
            memory(cost),
            target.must.describe(&measured.costs),
            met(target.must.is_met(cost, &measured.costs)),
            target.should.describe(&measured.costs),
            met(target.should.is_met(cost, &measured.costs)),
        );
    }
    text +=
        "\nIn nanoseconds:\n\n| | x | | must be at most | | should be at most | |\n|---|---|---:|---|---|---|---|\n";
    for target in TIME_TARGETS {
        let ratio = measured.time_ratio(target.case, target.other);
        let _ = writeln!(
            text,
            "| {} | {} | {ratio:.2} | {} | {} | {} | {} |",
            target.case,
            target.other,
            target.must.map_or(String::new(), |must| must.to_string()),
            target.must.map_or("", |must| met(ratio <= must)),
            target.should,
            met(ratio <= target.should),
        );
    }
    text + WHY_NOT_LESS
}

/// What stands between the layer and each `should` that it misses: inclusive counts of callgrind.
const WHY_NOT_LESS: &str = "\n\
    Why not less, by callgrind's inclusive counts:\n\n\
    - *Sampled*, also in nanoseconds: the floor's span has 14 attributes that were there before. This one has 16, and \
      a `User-Agent`. To make them, start the span and end it takes 4.9 k (API floor: 4.1 k); to find the headers \
      among nineteen 1.0 k; to check that they are text of a sane length, times, hosts and paths 1.5 k, 0.6 k of it \
      the proof of UTF-8 that safe Rust wants. The other 1.8 k look for a parent, attach the context to the call and \
      to each poll, wrap future and body, and read two clocks.\n\
    - *Rewrite*: that, 2.5 k that the SDK takes to extract a `traceparent` that is there (the floor's request has \
      none), and 0.9 k to write the new one.\n\
    - Beside opentelemetry-instrumentation-tower: that makes a span of at most seven attributes, and reads nothing that has to \
      be checked.\n";

fn met(is_met: bool) -> &'static str {
    if is_met {
        "met"
    } else {
        "**not met**"
    }
}

fn growth(measured: &Measured) -> String {
    let mut text = String::from(
        "## How it grows\n\nInstructions; values over the limit (8 KiB for the path, 2 KiB for others) are dropped \
         unread.\n\n| | instructions |\n|---|---:|\n",
    );
    for (name, cost) in measured.growth.iter() {
        let _ = writeln!(text, "| {name} | {} |", cost.instructions);
    }
    text
}

fn contention(measured: &Measured) -> String {
    format!("## Threads that share a layer\n\n```text\n{}```\n", measured.contention)
}

fn end_to_end(measured: &Measured) -> String {
    if measured.end_to_end.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "## A real server\n\n\
         axum on the loopback interface. Processor time of the server's thread for a request, and how many requests a \
         saturated core then serves, relative to the bare server with the same headers, whose application only answers \
         `ok`. Client and server share one core. *Disabled* is what axum takes for any layer that wraps the body.\n\n\
         | protocol | | µs | requests per second, x bare | those of *sampled*, x these |\n|---|---|---:|---:|---:|\n",
    );
    for [protocol, name, time, ratio, ours] in &measured.end_to_end {
        let _ = writeln!(text, "| {protocol} | {name} | {time} | {ratio} | {ours} |");
    }
    text
}

fn reproduce() -> String {
    let mut text = String::from(
        "## Measure it yourself\n\n```console\nbenches/table                # prints this page, without the real server\n\
         benches/table --end-to-end   # with it\nbenches/table --write        # writes docs/performance.md and docs/cost.svg\n\
         benches/gate                 # compares with benches/baseline.json, and with what it must cost at most\n\
         benches/gate --update        # writes benches/baseline.json\n```\n\nNeeds Rust and, on Debian, nothing else: \
         `valgrind` is installed if it is missing. Release builds with thin LTO by ",
    );
    let tools = ["rustc", "valgrind"].map(version);
    let _ = writeln!(text, "{}. Versions:\n", tools.join(" and "));
    for name in CRATES {
        let _ = writeln!(text, "- `{name}` {}", locked(name));
    }
    text
}

fn version(tool: &str) -> String {
    let output = Command::new(tool).arg("--version").output();
    let output = output.expect("a tool that says its version");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn locked(name: &str) -> &'static str {
    let start = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = LOCK.split_once(&start).expect("a crate in use");
    rest.split('"').next().expect("a version")
}

fn memory(cost: Cost) -> String {
    match cost.reallocations {
        0.0 => cost.allocations.to_string(),
        more => format!("{}+{more}", cost.allocations),
    }
}
