//! The program that a test starts, because `init` sets what is global to a process, and reads its environment.
#![allow(clippy::disallowed_methods)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use apigateway_inferred_span::otlp::{self, Guard};
use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{global, Context};
use tokio::runtime::{Builder, Runtime};
use tower::{ServiceBuilder, ServiceExt as _};
use tower_http::trace::TraceLayer;

const PROGRAM: &str = "PROGRAM";

/// What became of the program.
pub(crate) struct Outcome {
    /// What it wrote, with its log.
    pub(crate) output: String,
    pub(crate) took: Duration,
}

impl Outcome {
    /// What the program says of `subject`.
    pub(crate) fn says(&self, subject: &str) -> &str {
        let mut lines = self.output.lines();
        let said = lines.find_map(|line| line.strip_prefix(subject)?.strip_prefix(": "));
        said.unwrap_or_else(|| panic!("nothing about {subject}:\n{}", self.output))
    }

    pub(crate) fn milliseconds(&self, subject: &str) -> u128 {
        self.says(subject).parse().expect("a number")
    }
}

/// Runs the program of that name in an environment with nothing but these variables.
pub(crate) fn run(program: &str, variables: &[(&str, &str)]) -> Outcome {
    let start = Instant::now();
    let output = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "program::program", "--ignored", "--nocapture"])
        .env_clear()
        .env(PROGRAM, program)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(output.status.success(), "{program}, {variables:?}:\n{text}");
    Outcome { output: text, took: start.elapsed() }
}

#[test]
#[ignore = "started by the other tests"]
fn program() {
    let Ok(program) = env::var(PROGRAM) else {
        return;
    };
    // The test harness has begun a line.
    println!();
    match program.as_str() {
        "multi-threaded" => in_runtime(&mut Builder::new_multi_thread()),
        "current-threaded" => in_runtime(&mut Builder::new_current_thread()),
        "outside" => outside(),
        "propagate" => propagate(),
        "fail" => fail(),
        "second subscriber" => second_subscriber(),
        _ => panic!("no such program: {program}"),
    }
}

/// Everything in one runtime.
fn in_runtime(builder: &mut Builder) {
    let runtime = builder.enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let guard = otlp::init().expect("a pipeline");
        request().await;
        shut_down(guard);
    });
}

fn outside() {
    let guard = otlp::init().expect("a pipeline");
    Runtime::new().expect("a runtime").block_on(request());
    let start = Instant::now();
    drop(guard);
    println!("drop took: {}", start.elapsed().as_millis());
}

fn shut_down(guard: Guard) {
    let start = Instant::now();
    println!("shutdown: {:?}", guard.shutdown());
    println!("shutdown took: {}", start.elapsed().as_millis());
}

/// A request that a gateway took 50 ms ago, for a client that traces, or doesn't sample (`SAMPLED=00`).
async fn request() {
    let sampled = env::var("SAMPLED").unwrap_or("01".to_owned());
    let time = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("later") - Duration::from_millis(50);
    let request = Request::builder()
        .header("x-dd-proxy", "aws-apigateway")
        .header("x-dd-proxy-request-time-ms", time.as_millis().to_string())
        .header("x-dd-proxy-domain-name", "api.example.com")
        .header("x-dd-proxy-region", "eu-west-1")
        .header("traceparent", format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{sampled}"))
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let service = ServiceBuilder::new()
        .layer(ApiGatewayInferredSpan::new().enabled(true))
        .layer(TraceLayer::new_for_http())
        .service_fn(|_| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) });
    let start = Instant::now();
    let response = service.oneshot(request).await.expect("infallible");
    println!("status: {}", response.status().as_u16());
    drop(response);
    println!("request took: {}", start.elapsed().as_millis());
}

/// What the global propagator finds in a client's headers, and what it writes of it.
fn propagate() {
    let _guard = otlp::init().expect("a pipeline");
    let headers = HashMap::from([
        ("traceparent".to_owned(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        ("baggage".to_owned(), "customer=7".to_owned()),
    ]);
    let mut written = HashMap::new();
    let context = global::get_text_map_propagator(|propagator| {
        let context = propagator.extract_with_context(&Context::new(), &headers);
        propagator.inject_context(&context, &mut written);
        context
    });
    println!("parent: {}", context.span().span_context().span_id());
    println!("customer: {:?}", context.baggage().get("customer"));
    let mut written: Vec<_> = written.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    written.sort();
    println!("written: {written:?}");
}

fn fail() {
    let error = otlp::init().expect_err("no pipeline");
    println!("error: {error}");
    // Nothing was set: the next one is the first.
    env::vars().for_each(|(name, _)| env::remove_var(name));
    println!("then: {:?}", otlp::init().map(drop).map_err(|error| error.to_string()));
}

fn second_subscriber() {
    let log = tracing_subscriber::fmt().with_ansi(false).finish();
    tracing::subscriber::set_global_default(log).expect("the first");
    println!("error: {}", otlp::init().expect_err("the second"));
    tracing::info!("the first one still writes");
}
