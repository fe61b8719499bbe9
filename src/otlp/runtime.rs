//! The exporters' tokio runtime, so that they can be used on any thread.

use std::future::{poll_fn, Future};
use std::pin::pin;

use tokio::runtime::{Builder, Handle, Runtime};

use super::error::Error;

#[derive(Debug)]
pub(crate) struct ExporterRuntime {
    handle: Handle,
    /// `None` only while this is being dropped.
    runtime: Option<Runtime>,
}

impl ExporterRuntime {
    pub(crate) fn new() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("apigateway-otlp")
            .enable_io()
            .enable_time()
            .build()
            .map_err(Error::Runtime)?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Runs a step that spawns tasks on this runtime.
    pub(crate) fn enter<R>(&self, step: impl FnOnce() -> R) -> R {
        let _entered = self.handle.enter();
        step()
    }

    /// Polls on the caller's thread, with this runtime's connections and timers.
    pub(crate) async fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.enter(|| future.as_mut().poll(cx))).await
    }
}

impl Drop for ExporterRuntime {
    /// In the background, because dropping a runtime waits for its tasks, which tokio forbids in async code.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
