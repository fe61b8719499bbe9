//! The spans of a batch, by service.

use std::collections::HashMap;

use opentelemetry_sdk::trace::SpanData;

use super::service::Service;

/// In the order of their first spans.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: Vec<(Service, Vec<SpanData>)>,
    places: HashMap<Service, usize>,
    /// Usually that of the next span, too, so a comparison saves hashing.
    last: usize,
}

impl Groups {
    pub(crate) fn add(&mut self, service: Service, span: SpanData) {
        if let Some((_, spans)) = self.groups.get_mut(self.last).filter(|(last, _)| *last == service) {
            return spans.push(span);
        }
        self.last = self.places.get(&service).copied().unwrap_or(self.groups.len());
        match self.groups.get_mut(self.last) {
            Some((_, spans)) => spans.push(span),
            None => {
                self.places.insert(service.clone(), self.last);
                self.groups.push((service, vec![span]));
            }
        }
    }

    pub(crate) fn into_inner(self) -> Vec<(Service, Vec<SpanData>)> {
        self.groups
    }
}
