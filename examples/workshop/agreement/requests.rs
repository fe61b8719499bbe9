//! Request by request: the two logs, the client's answers and the spans.

use std::collections::BTreeSet;

use crate::client::Statuses;
use crate::common::span;
use crate::logs::{Line, Pair};
use crate::run::Run;

pub(super) fn disagreements(run: &Run) -> Vec<String> {
    let mut found: Vec<String> = run.logs.both.iter().filter_map(pair).collect();
    for line in &run.logs.application_only {
        found.push(format!("the application's log has a line for {:?}, the gateway's has none", line.id));
    }
    found.extend(statuses(run));
    found.extend(traces(run));
    found
}

fn pair(Pair { gateway, application }: &Pair) -> Option<String> {
    let facts = |line: &Line| {
        let status = line.status.map_or("no status".to_owned(), |status| format!("status {status}"));
        let end = if line.is_timeout() { "a timeout" } else { "no timeout" };
        let start = line.start.map_or("no start".to_owned(), |start| format!("start {start}"));
        format!("{status}, {end}, {start}, {} {}", line.route, line.path)
    };
    let (theirs, ours) = (facts(gateway), facts(application));
    (theirs != ours).then(|| format!("request {}: the gateway's log: {theirs}; the application's: {ours}", gateway.id))
}

/// What the gateway's log says that clients were answered is what the client was.
fn statuses(run: &Run) -> Option<String> {
    let mut logged = Statuses::new();
    for line in run.gateway_lines() {
        let status = line.status.and_then(|status| u16::try_from(status).ok());
        *logged.entry(status.unwrap_or_default()).or_default() += 1;
    }
    let answered = &run.sent.statuses;
    (logged != *answered).then(|| format!("statuses: the client got {answered:?}, the gateway's log has {logged:?}"))
}

/// The traces of the sampled lines are those of the gateway's spans.
fn traces(run: &Run) -> Option<String> {
    let logged: BTreeSet<String> =
        run.application_lines().filter(|line| run.is_sampled(line)).filter_map(|line| line.trace_id.clone()).collect();
    let spans: BTreeSet<String> = run.gateway_spans().map(span::trace_id).collect();
    let different: Vec<_> = logged.symmetric_difference(&spans).collect();
    (!different.is_empty()).then(|| format!("traces in the log or of a span, but not both: {different:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::join;

    fn run(gateway: &str, application: &str) -> Run {
        let logs = join(Line::all(gateway).unwrap(), Line::all(application).unwrap());
        let mut run = Run { logs, ..Run::default() };
        run.sent.statuses = Statuses::from([(504, 1)]);
        run
    }

    #[test]
    fn two_lines_of_a_request_say_the_same() {
        let gateway = r#"{"extendedRequestId":"a=","status":504,"requestTimeEpoch":12,"integrationError":"timeout"}"#;
        let none: [String; 0] = [];
        assert_eq!(disagreements(&run(gateway, gateway)), none);
        for (from, to) in [("504", "200"), ("12", "13"), ("timeout", "cancelled"), ("a=", "b=")] {
            assert_eq!(disagreements(&run(gateway, &gateway.replace(from, to))).len(), 1, "{to}");
        }
    }

    #[test]
    fn the_client_got_what_the_gateway_logged() {
        let gateway = r#"{"extendedRequestId":"a=","status":403}"#;
        assert_eq!(disagreements(&run(gateway, "")).len(), 1);
    }

    #[test]
    fn a_sampled_line_needs_a_span() {
        let line = r#"{"extendedRequestId":"a=","status":504,"trace_id":"0af7"}"#;
        let mut run = run(line, line);
        assert_eq!(disagreements(&run).len(), 1);
        run.sent.unsampled.insert("0af7".to_owned());
        assert_eq!(disagreements(&run), [] as [String; 0]);
    }
}
