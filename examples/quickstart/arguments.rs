//! The command line.

use std::path::PathBuf;

use crate::common::arguments::Arguments;

pub(crate) const USAGE: &str = "usage: cargo run --example quickstart [-- --json | --svg FILE]";

pub(crate) const HELP: &str = "
  (nothing)    each request's trace as a waterfall, and a table
  --json       one JSON object a span and line
  --svg FILE   three of the waterfalls as a picture

With --features otlp, OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 sends the spans
there as well, with OTEL_EXPORTER_OTLP_PROTOCOL=grpc by gRPC (port 4317).
RUST_LOG=debug shows the logs.";

/// How the spans are shown.
pub(crate) enum Output {
    Waterfall,
    Json,
    Svg(PathBuf),
}

pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Arguments<Output> {
    let arguments: Vec<String> = arguments.collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => Arguments::Run(Output::Waterfall),
        ["--json"] => Arguments::Run(Output::Json),
        ["--svg", file] => Arguments::Run(Output::Svg(file.into())),
        ["--help" | "-h"] => Arguments::Help,
        _ => Arguments::Unknown,
    }
}
