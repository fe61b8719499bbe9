//! The printed report.

use std::fmt::Write as _;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;

use crate::clients::Clients;
use crate::pipeline::Pipeline;
use crate::servers::Arrivals;

pub(crate) fn report(
    clients: &Clients,
    pipeline: &Pipeline,
    arrivals: &Arrivals,
    layer: &ApiGatewayInferredSpan,
    took: Duration,
) -> String {
    let ledger = &pipeline.ledger;
    let reached = arrivals.reached.lock().expect("not poisoned");
    let mut text = format!(
        "seed {}; {} requests in {took:.1?} ({:.0}/s): {} answered whole, {} left by their client\n",
        clients.seed,
        clients.total,
        clients.total as f64 / took.as_secs_f64(),
        clients.answered.load(SeqCst),
        clients.left.load(SeqCst),
    );
    let _ = writeln!(
        text,
        "reached the servers: {}, of these without headers: {}",
        reached.values().sum::<u64>(),
        reached.get("none").unwrap_or(&0)
    );
    for (code, count) in layer.stats().iter().filter(|(_, count)| *count > 0) {
        let _ = writeln!(text, "  {code}: {count}");
    }
    let _ = writeln!(
        text,
        "spans started {}, ended {}, exported {}; how they ended:",
        ledger.started.load(SeqCst),
        ledger.ended.load(SeqCst),
        pipeline.exported.load(SeqCst)
    );
    for ((stage, error, status), count) in ledger.ends.lock().expect("not poisoned").iter() {
        let _ = writeln!(text, "  {stage}: status {status}, error.type {error:?}: {count}");
    }
    let pairs = &pipeline.pairs;
    let _ = writeln!(
        text,
        "{} pairs of a gateway's and an application's span; {} children stick out, by up to {} ns",
        pairs.complete.load(SeqCst),
        pairs.stick_out.load(SeqCst),
        pairs.worst.load(SeqCst)
    );
    for (name, latency) in ["exporter fine", "exporter stalled"].iter().zip(&clients.latency) {
        let _ = writeln!(
            text,
            "{name}: p50 {:.2?}, p99 {:.2?}, p99.9 {:.2?}",
            latency.quantile(0.5),
            latency.quantile(0.99),
            latency.quantile(0.999)
        );
    }
    text
}
