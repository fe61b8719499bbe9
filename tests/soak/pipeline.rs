//! The tracer provider of the run: a ledger of every span, and a batch processor whose exporter stalls.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::Arc;

use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use opentelemetry_sdk::Resource;

use crate::exporter::StallingExporter;
use crate::ledger::{Ledger, LedgerProcessor};

pub(crate) struct Pipeline {
    pub(crate) provider: SdkTracerProvider,
    pub(crate) ledger: Arc<Ledger>,
    /// While set, the exporter blocks.
    pub(crate) stalled: Arc<AtomicBool>,
    /// Number of spans exported.
    pub(crate) exported: Arc<AtomicU64>,
}

impl Pipeline {
    pub(crate) fn new() -> Self {
        let ledger = Arc::new(Ledger::default());
        let exporter = StallingExporter::default();
        let (stalled, exported) = (Arc::clone(&exporter.stalled), Arc::clone(&exporter.exported));
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder_empty().build())
            .with_span_processor(LedgerProcessor(Arc::clone(&ledger)))
            .with_span_processor(BatchSpanProcessor::builder(exporter).build())
            .build();
        Self { provider, ledger, stalled, exported }
    }

    pub(crate) fn shutdown(&self) {
        self.stalled.store(false, SeqCst);
        self.provider.shutdown().expect("the rest is exported");
    }
}
