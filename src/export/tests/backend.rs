//! A fake backend: its exporters record what they receive, and fail, hang or panic as a test requires.

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

/// The exporters of one test: what they received, and how they behave.
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

    pub(super) fn set_behaviour(&self, service: &str, behaviour: Behaviour) {
        self.state().behaviours.insert(service.to_owned(), behaviour);
    }

    pub(super) fn recover(&self, service: &str) {
        self.state().behaviours.remove(service);
    }

    pub(super) fn records(&self) -> Vec<Record> {
        self.state().exporters.clone()
    }

    /// The ids of the exported spans, by the service they were exported under.
    pub(super) fn by_service(&self) -> BTreeMap<String, Vec<u64>> {
        let mut by_service = BTreeMap::<_, Vec<_>>::new();
        for record in self.records() {
            let ids = record.spans.iter().map(id);
            by_service.entry(record.service()).or_default().extend(ids);
        }
        by_service.retain(|_, spans| !spans.is_empty());
        by_service
    }

    /// The calls of exporters since the last time, of all services or of those given.
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
    /// The calls of all exporters in order: the service and what its exporter did.
    log: Vec<(String, &'static str)>,
    behaviours: HashMap<String, Behaviour>,
    /// The largest number of exporters that were open at a time.
    pub(super) most_open: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Behaviour {
    FailsOnExport(&'static str),
    Hangs,
    WaitsFor(Arc<Notify>),
    PanicsWhenMade,
    PanicsOnExport,
    PanicsOnLaterPoll(Arc<Notify>),
    PanicsOnFlush,
    PanicsOnShutdown,
    /// In every method except `set_resource`, and when dropped.
    PanicsAlways,
    FailsOnFlushAndShutdown(&'static str),
    TakesToShutDown(Duration),
}

/// What one exporter has received.
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
    index: usize,
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
        Self { backend: backend.clone(), index: state.exporters.len() - 1 }
    }

    pub(super) fn log(&self, event: &'static str) -> Option<Behaviour> {
        let mut state = self.backend.state();
        let service = state.exporters[self.index].service();
        state.log.push((service.clone(), event));
        state.behaviours.get(&service).cloned()
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let behaviour = self.log("exports");
        {
            let mut state = self.backend.state();
            let record = &mut state.exporters[self.index];
            assert!(record.is_open(), "exported after its shutdown");
            assert!(!batch.is_empty(), "exported an empty batch");
            record.spans.extend(batch);
        }
        match behaviour {
            Some(Behaviour::FailsOnExport(why)) => Err(OTelSdkError::InternalFailure(why.into())),
            Some(Behaviour::Hangs) => std::future::pending().await,
            Some(Behaviour::WaitsFor(gate)) => {
                gate.notified().await;
                Ok(())
            }
            Some(Behaviour::PanicsOnExport | Behaviour::PanicsAlways) => panic!("on export"),
            Some(Behaviour::PanicsOnLaterPoll(gate)) => {
                gate.notified().await;
                panic!("on a later poll")
            }
            _ => Ok(()),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        match self.log("flushes") {
            Some(Behaviour::PanicsOnFlush | Behaviour::PanicsAlways) => panic!("on flush"),
            Some(Behaviour::FailsOnFlushAndShutdown(why)) => Err(OTelSdkError::InternalFailure(why.into())),
            _ => Ok(()),
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let behaviour = self.log("shuts down");
        let before = self.backend.state().exporters[self.index].shutdown.replace(timeout);
        assert_eq!(before, None, "shut down twice");
        match behaviour {
            Some(Behaviour::PanicsOnShutdown | Behaviour::PanicsAlways) => {
                panic!("on shutdown")
            }
            Some(Behaviour::FailsOnFlushAndShutdown(why)) => Err(OTelSdkError::InternalFailure(why.into())),
            Some(Behaviour::TakesToShutDown(time)) => {
                thread::sleep(time);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.backend.state().exporters[self.index].resource = resource.clone();
        if let Some(Behaviour::PanicsWhenMade) = self.log("opens") {
            panic!("when made");
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let behaviour = self.log("is dropped");
        self.backend.state().exporters[self.index].is_dropped = true;
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
