//! Counts what couldn't be sent, and logs it at most once a minute.

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use tokio::time::timeout;

use super::failure::reason;
use super::transport::PATIENCE;

const PAUSE: Duration = Duration::from_secs(60);
/// After this time, an export that is still being retried is logged.
const UNUSUAL: Duration = Duration::from_secs(5);
/// The time limit for a batch: the exports of all services, one after another in the worst case.
const LONGEST: Duration = PATIENCE.saturating_add(Duration::from_secs(10));

/// Counts the spans or metrics that are lost.
#[derive(Debug)]
pub(super) struct Losses {
    /// In words, such as `spans`.
    what: &'static str,
    /// For messages.
    destination: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Since the last export that succeeded.
    lost: usize,
    said: Option<Instant>,
    /// Whether an export that takes long has been logged.
    is_late: bool,
}

impl Losses {
    pub(super) fn of(what: &'static str, destination: String) -> Self {
        Self { what, destination, state: Mutex::default() }
    }

    pub(super) fn destination(&self) -> &str {
        &self.destination
    }

    /// Runs an export within the time limit, and logs if it takes long.
    pub(super) async fn watch(&self, export: impl Future<Output = OTelSdkResult>) -> OTelSdkResult {
        let mut export = pin!(export);
        if let Ok(result) = timeout(UNUSUAL, &mut export).await {
            return result;
        }
        self.say_late();
        timeout(LONGEST.saturating_sub(UNUSUAL), export).await.unwrap_or(Err(OTelSdkError::Timeout(LONGEST)))
    }

    fn say_late(&self) {
        let was_late = std::mem::replace(&mut self.state().is_late, true);
        if !was_late {
            let Self { what, destination, .. } = self;
            tracing::warn!("{what} can't be sent to {destination} at the moment; they are tried again for a minute");
        }
    }

    /// Counts `number` as lost.
    pub(super) fn add(&self, number: usize, error: &OTelSdkError) {
        let mut state = self.state();
        state.lost += number;
        if state.said.is_some_and(|said| said.elapsed() < PAUSE) {
            return;
        }
        state.said = Some(Instant::now());
        let lost = state.lost;
        drop(state);
        let (Self { what, destination, .. }, reason) = (self, reason(error));
        tracing::warn!("{what} couldn't be sent to {destination}, and are lost ({lost} so far): {reason}");
    }

    /// An export succeeded.
    pub(super) fn end(&self) {
        let mut state = self.state();
        if state.lost > 0 || state.is_late {
            let State { lost, .. } = std::mem::take(&mut *state);
            drop(state);
            tracing::info!("{} arrive at {} again; {lost} were lost", self.what, self.destination);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
