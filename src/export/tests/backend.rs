//! A backend whose exporters record what they are given, and fail, wait or panic where a test tells them to.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use opentelemetry_sdk::Resource;
use tokio::sync::Notify;

use super::spans::{app, id};
use crate::export::PerServiceExporter;

/// What the exporters of one test do, and what they were asked to.
#[derive(Clone, Debug, Default)]
pub(super) struct Backend(Arc<Mutex<State>>);

impl Backend {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("not poisoned")
    }

    /// The exporter under test, with the application's Resource.
    pub(super) fn exporter(&self) -> PerServiceExporter<Exporter> {
        let backend = self.clone();
        let mut exporter = PerServiceExporter::new(move || Exporter::new(&backend));
        exporter.set_resource(&app());
        exporter
    }

    pub(super) fn behave(&self, service: &str, behaviour: Behaviour) {
        self.state().behaviours.insert(service.to_owned(), behaviour);
    }

    pub(super) fn recover(&self, service: &str) {
        self.state().behaviours.remove(service);
    }

    pub(super) fn records(&self) -> Vec<Record> {
        self.state().exporters.clone()
    }

    /// The ids of all spans by the service whose exporters got them.
    pub(super) fn by_service(&self) -> BTreeMap<String, Vec<u64>> {
        let mut by_service = BTreeMap::<_, Vec<_>>::new();
        for record in self.records() {
            let ids = record.spans.iter().map(id);
            by_service.entry(record.service()).or_default().extend(ids);
        }
        by_service.retain(|_, spans| !spans.is_empty());
        by_service
    }

    /// What was logged since the last call, about all services or only those named.
    pub(super) fn log(&self, services: &[&str]) -> Vec<String> {
        let log = std::mem::take(&mut self.state().log);
        log.into_iter()
            .filter(|(service, _)| services.is_empty() || services.contains(&service.as_str()))
            .map(|(service, event)| format!("{service} {event}"))
            .collect()
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    exporters: Vec<Record>,
    /// How often which service's exporter was what, in order.
    log: Vec<(String, &'static str)>,
    behaviours: HashMap<String, Behaviour>,
    /// Most that were open at a time.
    pub(super) most_open: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Behaviour {
    Fails(&'static str),
    Hangs,
    WaitsFor(Arc<Notify>),
    PanicsWhenMade,
    PanicsAtOnce,
    PanicsAfter(Arc<Notify>),
    PanicsAtFlush,
    PanicsAtShutdown,
    /// When it is asked to do anything, and when it is dropped.
    PanicsAlways,
    FailsAtFlushAndShutdown(&'static str),
    TakesToShutDown(Duration),
}

/// An exporter and all it was handed.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) resource: Resource,
    pub(super) spans: Vec<SpanData>,
    pub(super) shutdown: Option<Duration>,
    pub(super) is_dropped: bool,
}

impl Record {
    pub(super) fn service(&self) -> String {
        service_of(&self.resource)
    }

    pub(super) fn is_open(&self) -> bool {
        self.shutdown.is_none() && !self.is_dropped
    }
}

#[derive(Debug)]
pub(super) struct Exporter {
    backend: Backend,
    at: usize,
}

impl Exporter {
    pub(super) fn new(backend: &Backend) -> Self {
        let mut state = backend.state();
        state.exporters.push(Record {
            resource: Resource::builder_empty().build(),
            spans: Vec::new(),
            shutdown: None,
            is_dropped: false,
        });
        let open = state.exporters.iter().filter(|e| e.is_open()).count();
        state.most_open = state.most_open.max(open);
        Self { backend: backend.clone(), at: state.exporters.len() - 1 }
    }

    pub(super) fn log(&self, event: &'static str) -> Option<Behaviour> {
        let mut state = self.backend.state();
        let service = state.exporters[self.at].service();
        state.log.push((service.clone(), event));
        state.behaviours.get(&service).cloned()
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let behaviour = self.log("exports");
        {
            let mut state = self.backend.state();
            let record = &mut state.exporters[self.at];
            assert!(record.is_open(), "exports after its shutdown");
            assert!(!batch.is_empty(), "has nothing to export");
            record.spans.extend(batch);
        }
        match behaviour {
            Some(Behaviour::Fails(why)) => Err(OTelSdkError::InternalFailure(why.into())),
            Some(Behaviour::Hangs) => std::future::pending().await,
            Some(Behaviour::WaitsFor(gate)) => {
                gate.notified().await;
                Ok(())
            }
            Some(Behaviour::PanicsAtOnce | Behaviour::PanicsAlways) => panic!("at once"),
            Some(Behaviour::PanicsAfter(gate)) => {
                gate.notified().await;
                panic!("later")
            }
            _ => Ok(()),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        match self.log("flushes") {
            Some(Behaviour::PanicsAtFlush | Behaviour::PanicsAlways) => panic!("at the flush"),
            Some(Behaviour::FailsAtFlushAndShutdown(why)) => Err(OTelSdkError::InternalFailure(why.into())),
            _ => Ok(()),
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let behaviour = self.log("shuts down");
        let before = self.backend.state().exporters[self.at].shutdown.replace(timeout);
        assert_eq!(before, None, "shut down twice");
        match behaviour {
            Some(Behaviour::PanicsAtShutdown | Behaviour::PanicsAlways) => {
                panic!("at the shutdown")
            }
            Some(Behaviour::FailsAtFlushAndShutdown(why)) => Err(OTelSdkError::InternalFailure(why.into())),
            Some(Behaviour::TakesToShutDown(time)) => {
                thread::sleep(time);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.backend.state().exporters[self.at].resource = resource.clone();
        if let Some(Behaviour::PanicsWhenMade) = self.log("opens") {
            panic!("when made");
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let behaviour = self.log("is dropped");
        self.backend.state().exporters[self.at].is_dropped = true;
        if let Some(Behaviour::PanicsAlways) = behaviour {
            panic!("when dropped");
        }
    }
}

fn service_of(resource: &Resource) -> String {
    let name = resource.get(&"service.name".into());
    name.map_or_else(String::new, |name| name.to_string())
}

pub(super) fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}
