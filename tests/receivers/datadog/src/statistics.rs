//! What becomes of traces that aren't sampled where the application leaves the SDK as it is: the client counts their
//! spans and doesn't send them, because the agent says that it may.

use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use golden::{user_agent, Golden, Span};

use crate::agent::{Agent, Statistic};
use crate::app::{Application, ServerSpan, Tracing};
use crate::client::Connection;
use crate::replay;

const UNSAMPLED: [&str; 2] = ["dd-prop-prio-neg1", "w3c-unsampled"];
const SAMPLED: &str = "six";
const RESOURCE: &str = "GET /ok";

/// Prints what was sent and counted; whether it is what should be.
pub async fn check(agent: &Agent) -> bool {
    let tracing = Tracing::install();
    let application = Application::start(ServerSpan::TraceLayer, ApiGatewayInferredSpan::new()).await;
    wait_until_counting(agent, &tracing, &application.address).await;

    agent.clear().await;
    let [one, other] = UNSAMPLED;
    replay::some(&Golden::read(), &application.address, &[one, other, SAMPLED]).await;
    application.stop().await;
    tracing.shut_down().await;

    let spans = agent.spans().await;
    let counted = agent.statistics().await;
    let counts = ["aws.apigateway", "http.server.request"].map(|name| hits(&counted, name));
    let sent = [one, other, SAMPLED].map(|id| spans_of(&spans, id));
    println!("spans sent of {one}, {other}, {SAMPLED}: {sent:?}");
    println!("gateway and server spans counted, and how many as top-level: {counts:?}");
    let holds = sent == [0, 0, 2] && counts == [(3, 3); 2];
    println!("statistics: {} faults", u8::from(!holds));
    holds
}

/// The SDK sends everything until it has asked the agent what that can do.
async fn wait_until_counting(agent: &Agent, tracing: &Tracing, address: &str) {
    loop {
        agent.clear().await;
        let mut connection = Connection::to(address).await;
        connection.get("/notfound", unsampled_by_gateway()).await;
        // Answered when all spans of the one before have ended.
        connection.get("/notfound", []).await;
        tracing.flush().await;

        let spans = agent.spans().await;
        let was_sent = |priority| spans.iter().any(|span| span.metrics.get("_sampling_priority_v1") == Some(&priority));
        if was_sent(1.0) && !was_sent(-1.0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn unsampled_by_gateway() -> [(&'static str, String); 4] {
    [
        ("x-dd-proxy", "azure-gw"),
        ("x-datadog-trace-id", "1"),
        ("x-datadog-parent-id", "2"),
        ("x-datadog-sampling-priority", "-1"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
}

fn spans_of(spans: &[Span], id: &str) -> usize {
    let user_agent = user_agent(id);
    let mine = spans.iter().filter(|span| span.user_agent() == user_agent);
    mine.count()
}

/// How many spans of that name were counted, and how many of them as top-level.
fn hits(counted: &[Statistic], name: &str) -> (u64, u64) {
    let mine = counted.iter().filter(|statistic| statistic.name == name && statistic.resource == RESOURCE);
    mine.fold((0, 0), |(hits, top_level), statistic| (hits + statistic.hits, top_level + statistic.top_level_hits))
}
