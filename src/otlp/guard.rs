//! Flushes and shuts the pipeline down.

use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// As long as the SDK gives a flush.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends the spans that are left, and ends the pipeline, when it is dropped.
///
/// That takes 5 seconds at most. It blocks: in a service that goes on without a pipeline, do it on a thread where
/// that is no harm.
#[derive(Debug)]
#[must_use = "the pipeline ends when it is dropped"]
pub struct Guard {
    /// `None` if no spans are made, or once it is shut down.
    pub(crate) provider: Option<SdkTracerProvider>,
}

impl Guard {
    /// Does what dropping it does, and says whether everything arrived.
    ///
    /// # Errors
    ///
    /// If the last spans couldn't be sent, or not within 5 seconds.
    pub fn shutdown(mut self) -> OTelSdkResult {
        self.close()
    }

    fn close(&mut self) -> OTelSdkResult {
        let Some(provider) = self.provider.take() else {
            return Ok(());
        };
        let start = Instant::now();
        // A shutdown sends them too, but doesn't say whether they arrived.
        let flushed = provider.force_flush();
        let left = TIMEOUT.saturating_sub(start.elapsed());
        flushed.and(provider.shutdown_with_timeout(left))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.close();
    }
}
