//! What the crate logs on this thread, a line an event.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

/// Text that is written by one clone and read by another.
#[derive(Clone, Default)]
pub struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    /// What was written since the last call.
    pub fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().expect("not poisoned"));
        String::from_utf8(bytes).expect("UTF-8")
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Collects until it is dropped.
pub struct Log {
    buffer: Buffer,
    _guard: DefaultGuard,
}

impl Log {
    pub fn collect() -> Self {
        let buffer = Buffer::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .without_time()
            .with_writer({
                let buffer = buffer.clone();
                move || buffer.clone()
            })
            .finish();
        Self { buffer, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The lines since the last call.
    pub fn lines(&self) -> Vec<String> {
        let text = self.buffer.take();
        text.lines()
            .filter(|line| line.contains("apigateway_inferred_span"))
            .map(|line| line.trim().to_owned())
            .collect()
    }
}
