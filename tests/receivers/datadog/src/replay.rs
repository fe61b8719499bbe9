//! Sends golden requests, and reports on them from the agent's spans.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use golden::{user_agent, Golden, Report, Request, Span, View};

use crate::client::Connection;
use crate::table;

/// From when to when each request was under way, in milliseconds since 1970.
pub type Times = Vec<RangeInclusive<u64>>;

/// Sends every request, each over a connection of its own.
pub async fn all(golden: &Golden, address: &str) -> Times {
    let mut times = Vec::new();
    for request in &golden.requests {
        times.push(send(request, &mut Connection::to(address).await).await);
    }
    times
}

/// Sends the requests with these ids, one after the other over one connection.
pub async fn some(golden: &Golden, address: &str, ids: &[&str]) {
    let mut connection = Connection::to(address).await;
    for id in ids {
        let request = golden.requests.iter().find(|request| request.id == *id);
        let request = request.unwrap_or_else(|| panic!("no golden request {id:?}"));
        send(request, &mut connection).await;
    }
}

/// Prints how ours compare, with a table or only the faults: whether there are none.
pub fn check(golden: &Golden, times: &Times, spans: &[Span], with_table: bool) -> bool {
    let reports = golden.requests.iter().zip(times).map(|(request, during)| {
        let user_agent = user_agent(&request.id);
        let mine = spans.iter().filter(|span| span.user_agent() == user_agent);
        (request.id.as_str(), Report::of(request, during, mine))
    });
    let comparison = golden.compare(View::Native, &reports.collect());
    if with_table {
        table::print(&comparison.table());
        println!("\n{}\n", comparison.reasons().join("\n"));
    }
    for fault in &comparison.faults {
        println!("FAULT: {fault}");
    }
    println!("golden requests: {} compared, {} faults", times.len(), comparison.faults.len());
    comparison.faults.is_empty()
}

/// Whether every span is that of a request that was sent.
pub fn no_others(spans: &[Span], user_agents: &[String]) -> bool {
    let is_known = |span: &Span| user_agents.iter().any(|known| known == span.user_agent());
    let strangers: Vec<&Span> = spans.iter().filter(|span| !is_known(span)).collect();
    for stranger in &strangers {
        println!("FAULT: a span of no request: {stranger:?}");
    }
    strangers.is_empty()
}

async fn send(request: &Request, connection: &mut Connection) -> RangeInclusive<u64> {
    assert_eq!(request.method, "GET");
    let sent_ms = now_ms();
    connection.get(&request.path, request.headers(sent_ms)).await;
    sent_ms..=now_ms()
}

pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.expect("after 1970").as_millis();
    u64::try_from(ms).expect("before the year 500 million")
}
