//! What couldn't be sent: counted, and said once a minute at most.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(60);

/// Spans that were given up.
#[derive(Debug, Default)]
pub(super) struct Losses(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Since the receiver took spans last.
    lost: usize,
    said: Option<Instant>,
}

impl Losses {
    /// Some spans were given up.
    pub(super) fn add(&self, spans: usize, destination: &str, error: &dyn fmt::Display) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.lost += spans;
        if state.said.is_some_and(|said| said.elapsed() < PAUSE) {
            return;
        }
        state.said = Some(Instant::now());
        let lost = state.lost;
        drop(state);
        tracing::warn!("{lost} spans couldn't be sent to {destination}, and are lost: {error}");
    }

    /// The receiver took spans.
    pub(super) fn end(&self, destination: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut state.lost);
        if lost > 0 {
            state.said = None;
            drop(state);
            tracing::info!("spans arrive at {destination} again; {lost} were lost");
        }
    }
}
