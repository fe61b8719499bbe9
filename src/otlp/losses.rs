//! What couldn't be sent: counted, and said once a minute at most.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(60);

/// What was given up.
#[derive(Debug)]
pub(super) struct Losses {
    /// In words, such as `spans`.
    what: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Since the receiver took any last.
    lost: usize,
    said: Option<Instant>,
}

impl Losses {
    pub(super) fn of(what: &'static str) -> Self {
        Self { what, state: Mutex::default() }
    }

    /// Some were given up.
    pub(super) fn add(&self, number: usize, destination: &str, error: &dyn fmt::Display) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.lost += number;
        if state.said.is_some_and(|said| said.elapsed() < PAUSE) {
            return;
        }
        state.said = Some(Instant::now());
        let lost = state.lost;
        drop(state);
        tracing::warn!("{lost} {} couldn't be sent to {destination}, and are lost: {error}", self.what);
    }

    /// The receiver took some.
    pub(super) fn end(&self, destination: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut state.lost);
        if lost > 0 {
            state.said = None;
            drop(state);
            tracing::info!("{} arrive at {destination} again; {lost} were lost", self.what);
        }
    }
}
