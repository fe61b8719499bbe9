//! What the crate logs on this thread.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

#[derive(Default)]
struct Buffer(Mutex<Vec<u8>>);

impl io::Write for &Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Collects until it is dropped.
pub(super) struct Log {
    buffer: Arc<Buffer>,
    _guard: DefaultGuard,
}

impl Log {
    pub(super) fn collect() -> Self {
        let buffer = Arc::<Buffer>::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .without_time()
            .with_writer(Arc::clone(&buffer))
            .finish();
        Self { buffer, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The lines since the last call.
    pub(super) fn lines(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.buffer.0.lock().expect("not poisoned"));
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines()
            .filter(|line| line.contains("apigateway_inferred_span"))
            .map(|line| line.trim().to_owned())
            .collect()
    }
}
