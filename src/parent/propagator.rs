//! The application's propagator.

use std::fmt;
use std::sync::Arc;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::{global, Context};

use super::carrier::{Carrier, CarrierMut};
use super::shortcut::Shortcut;
use super::RequestHeaders;
use crate::request::PropagationHeaders;

/// The propagator that was given to the builder, or the global one.
#[derive(Clone, Default)]
pub(crate) struct Propagator {
    given: Option<Arc<dyn TextMapPropagator + Send + Sync>>,
    shortcut: Arc<Shortcut>,
}

impl Propagator {
    pub(crate) fn new(propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        Self { given: Some(Arc::new(propagator)), shortcut: Arc::default() }
    }

    fn with<R>(&self, mut f: impl FnMut(&dyn TextMapPropagator) -> R) -> R {
        match &self.given {
            Some(propagator) => f(&**propagator),
            None => global::get_text_map_propagator(f),
        }
    }

    /// What the propagator finds in the headers that `on_read` lets it see.
    pub(super) fn extract(
        &self,
        headers: &impl RequestHeaders,
        scanned: Option<PropagationHeaders<'_>>,
        on_read: impl Fn(&str) -> bool,
    ) -> Context {
        let carrier = Carrier { headers, scanned, on_read };
        self.with(|propagator| propagator.extract(&carrier))
    }

    /// Whether the propagator writes W3C's headers, and nothing else.
    pub(crate) fn is_plain_w3c(&self) -> bool {
        self.with(|propagator| self.shortcut.is_plain_w3c(propagator))
    }

    /// What the propagator finds in the headers, whatever is current.
    pub(super) fn extract_alone(&self, headers: &impl RequestHeaders, on_read: impl Fn(&str) -> bool) -> Context {
        self.extract_into(&Context::new(), headers, on_read)
    }

    /// The context with what the propagator finds in the headers.
    pub(super) fn extract_into(
        &self,
        context: &Context,
        headers: &impl RequestHeaders,
        on_read: impl Fn(&str) -> bool,
    ) -> Context {
        let carrier = Carrier { headers, scanned: None, on_read };
        self.with(|propagator| propagator.extract_with_context(context, &carrier))
    }

    /// Writes the headers that name the context's span. Returns the names of those that aren't known.
    pub(super) fn inject(
        &self,
        headers: &mut impl RequestHeaders,
        context: &Context,
        kept_trace_state: Option<&str>,
    ) -> Vec<String> {
        let mut carrier = CarrierMut { headers, kept_trace_state, written: Vec::new() };
        self.with(|propagator| propagator.inject_context(context, &mut carrier));
        carrier.written
    }
}

impl fmt::Debug for Propagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.given {
            Some(_) => "Propagator(given)",
            None => "Propagator(global)",
        })
    }
}
