//! Whose child the gateway's span is.

use std::fmt;
use std::sync::Arc;

use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::{global, Context};

/// A request's headers, whatever the framework keeps them in.
pub(crate) trait RequestHeaders {
    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])>;
    fn value(&self, name: &str) -> Option<&str>;
    fn values(&self, name: &str) -> Vec<&str>;
}

/// The propagator that was handed over, or the global one.
#[derive(Clone, Default)]
pub(crate) struct Propagator(Option<Arc<dyn TextMapPropagator + Send + Sync>>);

impl Propagator {
    pub(crate) fn new(propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(propagator)))
    }

    fn with<R>(&self, mut f: impl FnMut(&dyn TextMapPropagator) -> R) -> R {
        match &self.0 {
            Some(propagator) => f(&**propagator),
            None => global::get_text_map_propagator(f),
        }
    }

    /// The context the request came with: that of the client's span, if the headers name one, and its baggage.
    pub(crate) fn extract(&self, headers: &impl RequestHeaders) -> Context {
        self.with(|propagator| propagator.extract(&Carrier(headers)))
    }
}

impl fmt::Debug for Propagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "Propagator(given)",
            None => "Propagator(global)",
        })
    }
}

struct Carrier<'a, H>(&'a H);

impl<H: RequestHeaders> Extractor for Carrier<'_, H> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.value(key)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.pairs().map(|(name, _)| name).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let values = self.0.values(key);
        (!values.is_empty()).then_some(values)
    }
}
