//! A span processor that records every start and end, and notices spans that end twice or never.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::Span as _;
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

/// The spans of a run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) started: AtomicU64,
    pub(crate) ended: AtomicU64,
    /// The ids of open spans, in shards by their last byte, so that threads rarely wait for each other.
    pub(crate) open: [Mutex<HashSet<[u8; 8]>>; 16],
    /// Number of spans by stage, `error.type` and status.
    pub(crate) ends: Mutex<BTreeMap<(String, String, i64), u64>>,
    pub(crate) faults: Mutex<Vec<String>>,
}

impl Ledger {
    fn open(&self, id: [u8; 8]) -> &Mutex<HashSet<[u8; 8]>> {
        &self.open[usize::from(id[7]) % self.open.len()]
    }

    fn fault(&self, fault: String) {
        self.faults.lock().expect("not poisoned").push(fault);
    }
}

#[derive(Clone, Debug)]
pub(crate) struct LedgerProcessor(pub(crate) Arc<Ledger>);

impl SpanProcessor for LedgerProcessor {
    fn on_start(&self, span: &mut Span, _: &Context) {
        let id = span.span_context().span_id().to_bytes();
        self.0.started.fetch_add(1, SeqCst);
        if !self.0.open(id).lock().expect("not poisoned").insert(id) {
            self.0.fault(format!("{id:?} started twice"));
        }
    }

    fn on_end(&self, span: SpanData) {
        let id = span.span_context.span_id().to_bytes();
        self.0.ended.fetch_add(1, SeqCst);
        if !self.0.open(id).lock().expect("not poisoned").remove(&id) {
            self.0.fault(format!("{span:?} ended twice"));
        }
        if span.end_time < span.start_time {
            self.0.fault(format!("{span:?} ended before it started"));
        }
        let attribute = |key: &str| {
            let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
            found.map_or_else(String::new, |pair| pair.value.to_string())
        };
        let status = attribute("http.response.status_code").parse().unwrap_or(0);
        let how = (attribute("stage"), attribute("error.type"), status);
        *self.0.ends.lock().expect("not poisoned").entry(how).or_default() += 1;
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
