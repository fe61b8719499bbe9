//! A span exporter that stalls on demand.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Blocks the thread of the batch processor while `stalled` is set.
#[derive(Debug, Default)]
pub(crate) struct StallingExporter {
    pub(crate) stalled: Arc<AtomicBool>,
    pub(crate) exported: Arc<AtomicU64>,
}

impl SpanExporter for StallingExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        while self.stalled.load(SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.exported.fetch_add(batch.len() as u64, SeqCst);
        Ok(())
    }
}
