//! The telemetry of the run: the gateway's spans go to a ledger and to a batch processor whose exporter stalls, the
//! application's to another ledger.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::Arc;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use opentelemetry_sdk::Resource;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::exporter::StallingExporter;
use crate::ledger::{Ledger, LedgerProcessor};
use crate::observers::AccessLogLines;
use crate::pairs::{ApplicationProcessor, GatewayProcessor, Pairs};

pub(crate) struct Pipeline {
    pub(crate) provider: SdkTracerProvider,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) pairs: Arc<Pairs>,
    /// While set, the exporter blocks.
    pub(crate) stalled: Arc<AtomicBool>,
    /// Number of spans exported.
    pub(crate) exported: Arc<AtomicU64>,
    pub(crate) access_log_lines: AccessLogLines,
}

impl Pipeline {
    pub(crate) fn new() -> Self {
        let (ledger, pairs) = (Arc::new(Ledger::default()), Arc::new(Pairs::default()));
        let exporter = StallingExporter::default();
        let (stalled, exported) = (Arc::clone(&exporter.stalled), Arc::clone(&exporter.exported));
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder_empty().build())
            .with_span_processor(LedgerProcessor(Arc::clone(&ledger)))
            .with_span_processor(GatewayProcessor(Arc::clone(&pairs)))
            .with_span_processor(BatchSpanProcessor::builder(exporter).build())
            .build();
        let application = SdkTracerProvider::builder()
            .with_resource(Resource::builder_empty().build())
            .with_span_processor(ApplicationProcessor(Arc::clone(&pairs)))
            .build();
        let spans = tracing_opentelemetry::layer().with_tracer(application.tracer("app"));
        let access_log_lines = AccessLogLines::default();
        tracing_subscriber::registry()
            .with(spans.with_filter(LevelFilter::INFO))
            .with(access_log_lines.counter())
            .init();
        Self { provider, ledger, pairs, stalled, exported, access_log_lines }
    }

    pub(crate) fn shutdown(&self) {
        self.stalled.store(false, SeqCst);
        self.provider.shutdown().expect("the rest is exported");
    }
}
