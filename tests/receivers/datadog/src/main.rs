//! Compares what an application on Datadog's SDK sends to Datadog's agent with what Datadog's other tracers sent for
//! the same requests, as the agent gives it back.
//!
//! `datadog-conformance traces AGENT` needs the client's statistics off, `datadog-conformance statistics AGENT` the
//! SDK's defaults; `AGENT` is the host and port of `DD_TRACE_AGENT_URL`. See `run` beside this package for both.

mod agent;
mod app;
mod client;
mod replay;
mod shared_suite;
mod statistics;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use agent::Agent;
use apigateway_inferred_span::ApiGatewayInferredSpan;
use app::{Application, ServerSpan, Tracing};
use golden::{user_agent, Golden};
use shared_suite::SharedSuite;

/// A run takes two seconds.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, agent] = &arguments[..] else {
        eprintln!("expected `traces` or `statistics`, and the agent's host and port");
        return ExitCode::from(2);
    };
    let agent = Agent::at(agent);
    let checks = async {
        match &what[..] {
            "traces" => traces(&agent).await,
            "statistics" => statistics::check(&agent).await,
            other => panic!("expected `traces` or `statistics`, found {other:?}"),
        }
    };
    match tokio::time::timeout(PATIENCE, checks).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(_) => panic!("not done after {PATIENCE:?}"),
    }
}

async fn traces(agent: &Agent) -> bool {
    let tracing = Tracing::install();
    let by_context = golden_requests(agent, &tracing, ServerSpan::TraceLayer).await;
    let by_headers = golden_requests(agent, &tracing, ServerSpan::OtelAxumLayer).await;
    let suite = shared_suite(agent, &tracing).await;
    tracing.shut_down().await;
    by_context && by_headers && suite
}

async fn golden_requests(agent: &Agent, tracing: &Tracing, server: ServerSpan) -> bool {
    println!("\nserver span by {server:?}");
    agent.clear().await;
    let application = Application::start(server, ApiGatewayInferredSpan::new()).await;
    let golden = Golden::read();
    let times = replay::all(&golden, &application.address).await;
    application.stop().await;
    tracing.flush().await;

    let spans = agent.spans().await;
    let user_agents: Vec<String> = golden.requests.iter().map(|request| user_agent(&request.id)).collect();
    let no_others = replay::no_others(&spans, &user_agents);
    let with_table = matches!(server, ServerSpan::TraceLayer);
    replay::check(&golden, &times, &spans, with_table) && no_others
}

async fn shared_suite(agent: &Agent, tracing: &Tracing) -> bool {
    println!("\nsuite that Datadog's tracers share");
    agent.clear().await;
    let start = |gateway| Application::start(ServerSpan::TraceLayer, gateway);
    let application = start(ApiGatewayInferredSpan::new()).await;
    let with_user = start(ApiGatewayInferredSpan::new().record_user(true)).await;
    let suite = SharedSuite::ask(&application.address, &with_user.address).await;
    application.stop().await;
    with_user.stop().await;
    tracing.flush().await;

    let spans = agent.spans().await;
    let no_others = replay::no_others(&spans, &suite.user_agents());
    suite.check(&spans) && no_others
}
