//! An AWS Lambda function on a laptop, and the traces it leaves.
//!
//! ```text
//! runtime_interface.rs, stands in for Lambda  ->  function.rs, axum on lambda_http with this crate's layer
//! ```
//!
//! The stand-in hands the function an event of a REST API, one of an HTTP API, one of a function URL, and one that fails, as
//! AWS sends them (`events.rs`). Everything runs in this process and on the loopback interface; the spans are collected in
//! memory.
//!
//! ```text
//! cargo run --example lambda --features lambda-http
//! ```
#![allow(clippy::disallowed_methods)]

#[path = "../common/mod.rs"]
#[allow(dead_code)] // Other examples draw more.
mod common;
mod events;
mod function;
mod runtime_interface;
mod waterfall;

use std::process::ExitCode;

use common::output::{paint, print};
use opentelemetry::global;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use runtime_interface::RuntimeInterface;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lambda: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let lambda = RuntimeInterface::start(events::all()).await?;
    // What Lambda sets in every function.
    for (name, value) in [
        ("AWS_LAMBDA_RUNTIME_API", lambda.address.as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", "orders-function"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/orders-function"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
        ("AWS_REGION", "eu-west-1"),
        // A REST API's paths have the stage in front, which routes don't.
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
    ] {
        std::env::set_var(name, value);
    }

    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter.clone()).build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    function::install_tracing(&provider);

    tokio::select! {
        result = function::main(&provider) => result?,
        () = lambda.is_done() => {}
    }

    let spans = exporter.get_finished_spans()?;
    let answers = lambda.answers();
    let drawn: String = answers.iter().map(|answer| waterfall::waterfall(answer, &spans, paint())).collect();
    print(&(waterfall::introduction(paint()) + &drawn))?;
    Ok(())
}
