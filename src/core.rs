//! What a layer, its services and their exchanges share.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::WallClock;
use crate::error_statuses::ErrorStatuses;
use crate::observe::span::{SpanSettings, Tracer};
use crate::observe::{Counters, Observer};
use crate::parent::Propagator;
use crate::request::XRay;
use crate::trust::Trust;

/// The settings, each for its stage, and the state that clones of a layer share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Core {
    pub(crate) trust: Trust,
    pub(crate) strip_headers: bool,
    pub(crate) propagator: Propagator,
    pub(crate) x_ray: XRay,
    pub(crate) tracer: Arc<Tracer>,
    pub(crate) span: SpanSettings,
    pub(crate) error_statuses: ErrorStatuses,
    pub(crate) integration_timeout: Option<Duration>,
    pub(crate) wall_clock: WallClock,
    pub(crate) counters: Arc<Counters>,
    /// In addition to the counters.
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

impl Core {
    pub(crate) fn observers(&self) -> impl Iterator<Item = &dyn Observer> {
        let counters: &dyn Observer = &*self.counters;
        std::iter::once(counters).chain(self.observers.iter().map(|observer| &**observer))
    }

    /// Whether there is nobody to whom the end of an exchange without a span would matter.
    pub(crate) fn is_observed_by_its_span_alone(&self) -> bool {
        self.observers.is_empty()
    }
}
