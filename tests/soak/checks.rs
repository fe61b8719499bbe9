//! What must hold after the run.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::Mutex;
use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;

use crate::clients::Clients;
use crate::ledger::Ledger;
use crate::mix::{Kind, CODES};
use crate::pairs::Pairs;
use crate::pipeline::Pipeline;
use crate::servers::Arrivals;
use crate::DEFAULT_REQUESTS;

pub(crate) fn check(clients: &Clients, pipeline: &Pipeline, arrivals: &Arrivals, layer: &ApiGatewayInferredSpan) {
    let ledger = &*pipeline.ledger;
    assert_no_faults(&clients.faults);
    assert_no_faults(&ledger.faults);
    assert_eq!(clients.done.load(SeqCst), clients.total);
    assert_stats_agree(clients.total, arrivals, layer);
    assert_spans_are_balanced(ledger, layer.stats().accepted());
    assert_spans_ended_as_they_may(ledger);
    assert_children_lie_within(&pipeline.pairs, layer.stats().accepted());
    assert_exporter_delays_nothing(clients);
}

fn assert_no_faults(faults: &Mutex<Vec<String>>) {
    let faults = faults.lock().expect("not poisoned");
    assert!(faults.is_empty(), "{} faults: {:?}", faults.len(), &faults[..faults.len().min(20)]);
}

/// The layer counts the same requests, under the same codes, as the servers do outside of it.
fn assert_stats_agree(total: u64, arrivals: &Arrivals, layer: &ApiGatewayInferredSpan) {
    let stats = layer.stats();
    let mut reached = arrivals.reached.lock().expect("not poisoned").clone();
    let without = reached.remove("none").unwrap_or(0);
    let seen: u64 = reached.values().sum();
    let counted: u64 = stats.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, seen, "beside {without} without headers");
    for (code, count) in stats.iter() {
        assert_eq!(reached.remove(code).unwrap_or(0), count, "{code}");
    }
    assert!(reached.is_empty(), "{reached:?}");
    if total >= DEFAULT_REQUESTS {
        assert!(
            CODES.iter().all(|code| stats.iter().any(|(counted, count)| counted == *code && count > 0)),
            "{stats:?}"
        );
    }
}

/// Each accepted request starts a span, each span ends, and none is left open.
fn assert_spans_are_balanced(ledger: &Ledger, accepted: u64) {
    let (started, ended) = (ledger.started.load(SeqCst), ledger.ended.load(SeqCst));
    assert_eq!((started, ended), (accepted, accepted));
    for open in &ledger.open {
        let open = open.lock().expect("not poisoned");
        assert!(open.is_empty(), "{} spans are left open", open.len());
    }
}

fn assert_spans_ended_as_they_may(ledger: &Ledger) {
    for ((stage, error, status), count) in ledger.ends.lock().expect("not poisoned").iter() {
        let (name, is_actix) = match stage.strip_prefix("actix ") {
            Some(name) => (name, true),
            None => (stage.as_str(), false),
        };
        assert!(Kind::may_end(name, is_actix, error, *status), "{count} spans for {stage} with {error:?} {status}");
    }
}

/// Each span of the gateway has a child, also in another task, and no child sticks out of it.
fn assert_children_lie_within(pairs: &Pairs, accepted: u64) {
    assert_eq!((pairs.complete.load(SeqCst), pairs.childless()), (accepted, 0));
    assert_eq!(pairs.stick_out.load(SeqCst), 0, "by up to {} ns", pairs.worst.load(SeqCst));
}

/// Every request is answered in time, which the clients check; with a stalled exporter, it takes about as long.
fn assert_exporter_delays_nothing(clients: &Clients) {
    let [fine, stalled] = &clients.latency;
    let slowest = fine.quantile(0.99) * 20 + Duration::from_secs(1);
    assert!(stalled.quantile(0.99) < slowest, "a stalled exporter delays requests");
}
