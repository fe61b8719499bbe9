//! Eight requests through a gateway, and the traces they leave.
//!
//! ```text
//! client  ->  gateway.rs, stands in for an API Gateway stage  ->  app.rs, axum with this crate's layer
//! ```
//!
//! Everything runs in this process and on the loopback interface; the spans are collected in memory.
//!
//! ```text
//! cargo run --example quickstart                       waterfalls and a table
//! cargo run --example quickstart -- --json             one JSON object a span and line
//! cargo run --example quickstart -- --svg FILE         three of the waterfalls as a picture
//! ```
//!
//! `RUST_LOG=debug` shows the logs. With `--features otlp`, `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318` sends the
//! spans there as well.
#![allow(clippy::disallowed_methods)]

mod app;
mod arguments;
mod calls;
#[path = "../common/mod.rs"]
mod common;
mod gateway;
mod json;
mod receiver;
mod svg;
mod table;
mod telemetry;
mod trace;
mod waterfall;

use std::process::ExitCode;

use arguments::Output;
use calls::{Call, Client};
use common::output::{paint, print};
use telemetry::Telemetry;
use tokio::net::TcpListener;
use trace::Trace;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = arguments::parse(std::env::args().skip(1));
    let output = match arguments.or_exit_code(arguments::USAGE, arguments::HELP) {
        Ok(output) => output,
        Err(code) => return code,
    };
    match run(&output).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(output: &Output) -> Result<(), Error> {
    let telemetry = Telemetry::install()?;
    let traces = serve_and_call(&telemetry, output).await?;
    telemetry.shut_down();

    match output {
        Output::Waterfall => print(&table::table(&traces, paint()))?,
        Output::Json => {}
        Output::Svg(file) => {
            std::fs::write(file, svg::picture(&traces))
                .map_err(|error| format!("can't write {}: {error}", file.display()))?;
            print(&format!("wrote {}\n", file.display()))?;
        }
    }
    check(&traces)
}

async fn serve_and_call(telemetry: &Telemetry, output: &Output) -> Result<Vec<Trace>, Error> {
    let application = TcpListener::bind("127.0.0.1:0").await?;
    let gateway = TcpListener::bind("127.0.0.1:0").await?;
    let stage = gateway::stage(application.local_addr()?);
    let client = Client::new(gateway.local_addr()?);
    tokio::spawn(async { axum::serve(application, app::app()).await });
    tokio::spawn(async { axum::serve(gateway, stage).await });

    if let Output::Waterfall = output {
        print(&waterfall::introduction(paint()))?;
    }
    let mut traces = Vec::new();
    for call in Call::all() {
        let status = client.send(&call).await?;
        let mut trace = Trace::new(call, status);
        telemetry.collect(&mut trace).await?;
        match output {
            Output::Waterfall => print(&waterfall::waterfall(&trace, paint()))?,
            Output::Json => print(&json::lines(&trace))?,
            Output::Svg(_) => {}
        }
        traces.push(trace);
    }
    Ok(traces)
}

fn check(traces: &[Trace]) -> Result<(), Error> {
    let problems: Vec<String> =
        traces.iter().filter_map(|trace| Some(format!("{}: {}", trace.call, trace.problem()?))).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.join("\nquickstart: ").into())
}
