//! The exporters that are open: the application's, and those of a bounded number of services.

use std::collections::HashMap;
use std::fmt;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use opentelemetry_sdk::Resource;

use super::service::Service;

/// How long the exporters that make room for others may take to shut down, together: the SDK's own default.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) struct Exporters<E> {
    make: Box<dyn FnMut() -> E + Send>,
    resource: Resource,
    /// `None` after it panicked, until it is needed again.
    application: Option<Arc<E>>,
    services: HashMap<Service, Open<E>>,
    pub(crate) max_services: usize,
    pub(crate) min_idle: Duration,
    is_shut_down: bool,
}

struct Open<E> {
    exporter: Arc<E>,
    last_used: Instant,
}

/// Which exporter gets which spans.
pub(crate) struct Split<E> {
    pub(crate) shares: Vec<(Arc<E>, Vec<SpanData>)>,
    /// Whether there were more services than may have an exporter.
    pub(crate) overflows: bool,
}

impl<E: SpanExporter> Exporters<E> {
    pub(crate) fn new(mut make: Box<dyn FnMut() -> E + Send>) -> Self {
        Self {
            application: Some(Arc::new(make())),
            make,
            resource: Resource::builder_empty().build(),
            services: HashMap::new(),
            max_services: 100,
            min_idle: Duration::from_secs(5 * 60),
            is_shut_down: false,
        }
    }

    pub(crate) fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.clone();
        let outdated = self.services.drain().map(|(_, open)| open.exporter);
        let _ = close(outdated.collect(), CLOSE_TIMEOUT);
        // Nobody else has it while nobody else has this, unless an export was leaked.
        match self.application.as_mut().and_then(Arc::get_mut) {
            Some(exporter) => exporter.set_resource(resource),
            None => self.application = None,
        }
    }
    ...
}
