//! The exporters that are open: the application's, and those of a bounded number of services.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use opentelemetry_sdk::Resource;

use super::edge;
use super::groups::Groups;
use super::service::Service;
use crate::catch_panic::catch_panic;

/// The time limit for closing exporters to make room, all together: the SDK's own for a shutdown.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) struct Exporters<E> {
    make: Box<dyn FnMut() -> E + Send>,
    pub(crate) max_services: usize,
    pub(crate) min_idle_time: Duration,
    pub(crate) service_graph: bool,
    resource: Resource,
    /// `None` after it has panicked, until it is needed again.
    application: Option<Arc<E>>,
    services: HashMap<Service, Open<E>>,
    is_shut_down: bool,
}

#[derive(Debug)]
struct Open<E> {
    exporter: Arc<E>,
    last_used: Instant,
}

/// A batch, split by exporter.
pub(crate) struct Batches<E> {
    /// Without an exporter if none could be made.
    pub(crate) batches: Vec<(Option<Arc<E>>, Vec<SpanData>)>,
    /// Whether there are more services than may have an exporter.
    pub(crate) overflows: bool,
}

impl<E: SpanExporter> Exporters<E> {
    pub(crate) fn new(mut make: Box<dyn FnMut() -> E + Send>) -> Self {
        Self {
            application: Some(Arc::new(make())),
            make,
            max_services: 100,
            min_idle_time: Duration::from_secs(5 * 60),
            service_graph: false,
            resource: Resource::builder_empty().build(),
            services: HashMap::new(),
            is_shut_down: false,
        }
    }

    pub(crate) fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.clone();
        let outdated = self.services.drain().map(|(_, open)| open.exporter);
        close(outdated.collect(), Instant::now());
        match self.application.as_mut().and_then(Arc::get_mut) {
            Some(exporter) => exporter.set_resource(resource),
            None => self.application = None,
        }
    }

    pub(crate) fn split(&mut self, batch: Vec<SpanData>) -> Result<Batches<E>, OTelSdkError> {
        self.check_open()?;
        let mut application = Vec::new();
        let mut groups = Groups::default();
        for span in batch {
            match Service::of(&span, &self.resource) {
                Some(service) => groups.add(service, span),
                None => application.push(span),
            }
        }

        let now = Instant::now();
        let groups = groups.into_inner();
        let mut batches = Vec::with_capacity(groups.len() + 1);
        let mut overflows = false;
        // Those that have an exporter go first, so that it isn't closed to make room for the others.
        let (open, new): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(service, _)| self.services.contains_key(service));
        for (service, mut spans) in open.into_iter().chain(new) {
            let has_room = self.has_room_for(&service, now);
            overflows |= !has_room;
            let has_edge = self.service_graph && service.is_gateway();
            let exporter = has_room.then(|| self.exporter_of(service, now)).flatten();
            match exporter {
                Some(_) if has_edge => batches.push((exporter, edge::split(spans, &self.resource))),
                Some(_) => batches.push((exporter, spans)),
                // Under the application's Resource, an edge would lead from the application to itself.
                None => application.append(&mut spans),
            }
        }
        if !application.is_empty() {
            batches.insert(0, (self.application_exporter(), application));
        }
        Ok(Batches { batches, overflows })
    }

    fn has_room_for(&mut self, service: &Service, now: Instant) -> bool {
        self.services.contains_key(service)
            || self.services.len() < self.max_services
            || self.close_least_recently_used(now)
    }

    fn close_least_recently_used(&mut self, now: Instant) -> bool {
        let idle = self.services.iter().filter(|(_, open)| {
            let is_in_use = Arc::strong_count(&open.exporter) > 1;
            !is_in_use && now.duration_since(open.last_used) >= self.min_idle_time
        });
        let oldest = idle.min_by_key(|(_, open)| open.last_used);
        let oldest = oldest.map(|(service, _)| service.clone());
        let Some(open) = oldest.and_then(|service| self.services.remove(&service)) else {
            return false;
        };
        close(vec![open.exporter], now);
        true
    }

    fn exporter_of(&mut self, service: Service, now: Instant) -> Option<Arc<E>> {
        if let Some(open) = self.services.get_mut(&service) {
            open.last_used = now;
            return Some(Arc::clone(&open.exporter));
        }
        let exporter = self.make(&service.resource(&self.resource))?;
        let open = Open { exporter: Arc::clone(&exporter), last_used: now };
        self.services.insert(service, open);
        Some(exporter)
    }

    fn application_exporter(&mut self) -> Option<Arc<E>> {
        if self.application.is_none() {
            self.application = self.make(&self.resource.clone());
        }
        self.application.clone()
    }

    fn make(&mut self, resource: &Resource) -> Option<Arc<E>> {
        catch_panic(|| {
            let mut exporter = (self.make)();
            exporter.set_resource(resource);
            Arc::new(exporter)
        })
    }

    /// Drops an exporter that panicked; the next export makes a new one.
    pub(crate) fn forget(&mut self, exporter: &Arc<E>) {
        self.application = self.application.take().filter(|own| !Arc::ptr_eq(own, exporter));
        self.services.retain(|_, open| !Arc::ptr_eq(&open.exporter, exporter));
    }

    pub(crate) fn all(&self) -> Result<Vec<Arc<E>>, OTelSdkError> {
        self.check_open()?;
        let services = self.services.values().map(|open| &open.exporter);
        Ok(self.application.iter().chain(services).cloned().collect())
    }

    pub(crate) fn take_all(&mut self) -> Result<Vec<Arc<E>>, OTelSdkError> {
        let all = self.all()?;
        self.is_shut_down = true;
        self.application = None;
        self.services.clear();
        Ok(all)
    }

    fn check_open(&self) -> OTelSdkResult {
        if self.is_shut_down {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        Ok(())
    }
}

impl<E: fmt::Debug> fmt::Debug for Exporters<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporters")
            .field("max_services", &self.max_services)
            .field("min_idle_time", &self.min_idle_time)
            .field("service_graph", &self.service_graph)
            .field("application", &self.application)
            .field("services", &self.services)
            .field("is_shut_down", &self.is_shut_down)
            .finish_non_exhaustive()
    }
}

/// Flushes and shuts down, for at most [`CLOSE_TIMEOUT`] since `start`.
fn close<E: SpanExporter>(exporters: Vec<Arc<E>>, start: Instant) {
    let _ = for_each(exporters, |exporter| {
        let flushed = exporter.force_flush();
        let left = CLOSE_TIMEOUT.saturating_sub(start.elapsed());
        flushed.and(exporter.shutdown_with_timeout(left))
    });
}

/// Takes the step with each exporter, even if another one fails, and drops it. Returns the first error.
pub(crate) fn for_each<E>(exporters: Vec<Arc<E>>, step: impl Fn(&E) -> OTelSdkResult) -> OTelSdkResult {
    let mut result = Ok(());
    for exporter in exporters {
        let next = catch_panic(|| step(&exporter)).unwrap_or_else(panicked);
        result = result.and(next);
        catch_panic(|| drop(exporter));
    }
    result
}

pub(crate) fn panicked() -> OTelSdkResult {
    Err(OTelSdkError::InternalFailure("an exporter panicked".into()))
}
