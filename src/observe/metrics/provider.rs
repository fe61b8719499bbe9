//! The provider whose meter has the instruments.

use std::fmt;
use std::mem::size_of_val;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use opentelemetry::global;
use opentelemetry::metrics::MeterProvider;

use super::instruments::Instruments;
use crate::observe::scope;

type WeakProvider = Weak<dyn MeterProvider + Send + Sync>;

/// The provider that was given to the builder, or the global one.
pub(super) enum Provider {
    Given(Arc<Instruments>),
    /// The global one when it was last looked up, and its instruments. Weak, because the last owner of a provider shuts
    /// it down, which isn't for a request to do; no other can have its address all the same.
    Global(RwLock<Option<(WeakProvider, Arc<Instruments>)>>),
}

impl Provider {
    pub(super) fn given(provider: &(impl MeterProvider + ?Sized)) -> Self {
        Self::Given(instruments_of(provider))
    }

    /// `None` as long as no provider is installed.
    ///
    /// Every request asks for the global provider: applications often install it after their router is built, some
    /// replace it, and instruments of the one before would lose what they are given without a word.
    pub(super) fn instruments(&self) -> Option<Arc<Instruments>> {
        let known = match self {
            Self::Given(instruments) => return Some(Arc::clone(instruments)),
            Self::Global(known) => known,
        };
        let provider = global::meter_provider();
        // As OpenTelemetry's placeholder: one that records anything keeps it somewhere.
        if size_of_val(&*provider) == 0 {
            return None;
        }
        if let Some((last, instruments)) = &*known.read().unwrap_or_else(PoisonError::into_inner) {
            if Weak::ptr_eq(last, &Arc::downgrade(&provider)) {
                return Some(Arc::clone(instruments));
            }
        }
        let instruments = instruments_of(&*provider);
        *known.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Arc::downgrade(&provider), Arc::clone(&instruments)));
        Some(instruments)
    }
}

impl Default for Provider {
    fn default() -> Self {
        Self::Global(RwLock::default())
    }
}

fn instruments_of(provider: &(impl MeterProvider + ?Sized)) -> Arc<Instruments> {
    Arc::new(Instruments::new(&provider.meter_with_scope(scope())))
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given(_) => "Provider(given)",
            Self::Global(_) => "Provider(global)",
        })
    }
}
