//! The gateway as a service of its own: which exporter gets which spans, and what becomes of the exporters.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime};

use apigateway_inferred_span::export::PerServiceExporter;
use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    SdkTracerProvider, SpanData, SpanEvents, SpanExporter, SpanLinks, TracerProviderBuilder,
};
use opentelemetry_sdk::Resource;
use proptest::prelude::*;
use tokio::sync::Notify;
use tower::{service_fn, Layer, ServiceExt};

use support::log::Log;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// What the exporters of one test do, and what they were asked to.
#[derive(Clone, Debug, Default)]
struct Backend(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    exporters: Vec<Record>,
    /// How often which service's exporter was what, in order.
    log: Vec<(String, &'static str)>,
    behaviours: HashMap<String, Behaviour>,
    /// Most that were open at a time.
    most_open: usize,
}

#[derive(Clone, Debug)]
enum Behaviour {
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
struct Record {
    resource: Resource,
    spans: Vec<SpanData>,
    shutdown: Option<Duration>,
    is_dropped: bool,
}

impl Record {
    fn service(&self) -> String {
        service_of(&self.resource)
    }

    fn is_open(&self) -> bool {
        self.shutdown.is_none() && !self.is_dropped
    }
}

fn service_of(resource: &Resource) -> String {
    let name = resource.get(&"service.name".into());
    name.map_or_else(String::new, |name| name.to_string())
}

impl Backend {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("not poisoned")
    }

    /// The exporter under test, with the application's Resource.
    fn exporter(&self) -> PerServiceExporter<Exporter> {
        let backend = self.clone();
        let mut exporter = PerServiceExporter::new(move || Exporter::new(&backend));
        exporter.set_resource(&app());
        exporter
    }

    fn behave(&self, service: &str, behaviour: Behaviour) {
        self.state().behaviours.insert(service.to_owned(), behaviour);
    }

    fn recover(&self, service: &str) {
        self.state().behaviours.remove(service);
    }

    fn records(&self) -> Vec<Record> {
        self.state().exporters.clone()
    }

    /// The ids of all spans by the service whose exporters got them.
    fn by_service(&self) -> BTreeMap<String, Vec<u64>> {
        let mut by_service = BTreeMap::<_, Vec<_>>::new();
        for record in self.records() {
            let ids = record.spans.iter().map(id);
            by_service.entry(record.service()).or_default().extend(ids);
        }
        by_service.retain(|_, spans| !spans.is_empty());
        by_service
    }

    /// What was logged since the last call, about all services or only those named.
    fn log(&self, services: &[&str]) -> Vec<String> {
        let log = std::mem::take(&mut self.state().log);
        log.into_iter()
            .filter(|(service, _)| services.is_empty() || services.contains(&service.as_str()))
            .map(|(service, event)| format!("{service} {event}"))
            .collect()
    }
}

#[derive(Debug)]
struct Exporter {
    backend: Backend,
    at: usize,
}

impl Exporter {
    fn new(backend: &Backend) -> Self {
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

    fn log(&self, event: &'static str) -> Option<Behaviour> {
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

fn app() -> Resource {
    resource(&[("service.name", "app"), ("team", "orders")])
}

fn resource(attributes: &[(&'static str, &str)]) -> Resource {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(key, value)| KeyValue::new(*key, value.to_string()));
    Resource::builder_empty().with_attributes(attributes).build()
}

fn span(id: u64, attributes: Vec<KeyValue>) -> SpanData {
    let context =
        SpanContext::new(TraceId::from(1), SpanId::from(id + 1), TraceFlags::SAMPLED, false, TraceState::NONE);
    SpanData {
        span_context: context,
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: "span".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}

fn id(span: &SpanData) -> u64 {
    u64::from_be_bytes(span.span_context.span_id().to_bytes()) - 1
}

fn own(id: u64) -> SpanData {
    span(id, Vec::new())
}

fn of(service: &str, id: u64) -> SpanData {
    span(id, vec![KeyValue::new("service.name", service.to_owned())])
}

/// What comes of an export that doesn't wait for anything.
fn export(exporter: &PerServiceExporter<Exporter>, batch: Vec<SpanData>) -> OTelSdkResult {
    let result = exporter.export(batch).now_or_never();
    result.expect("at once")
}

fn message(result: OTelSdkResult) -> String {
    result.expect_err("an error").to_string()
}

#[test]
fn any_number_of_services_is_exported_by_a_bounded_number_of_exporters() {
    for services in [1, 2, 99, 100, 101, 10_000_u64] {
        // As one batch, and in batches of the SDK's size.
        for batch_size in [usize::MAX, 512] {
            let backend = Backend::default();
            let exporter = backend.exporter();
            let spans: Vec<_> = (0..3 * services)
                .flat_map(|n| {
                    let name = format!("{}.example", n % services);
                    [of(&name, 2 * n), own(2 * n + 1)]
                })
                .collect();
            for batch in spans.chunks(batch_size.min(spans.len())) {
                export(&exporter, batch.to_vec()).expect("exported");
            }

            let records = backend.records();
            let served = services.min(100);
            assert_eq!(records.len() as u64, served + 1, "made");
            assert!(records.iter().all(Record::is_open), "none is closed");
            let mut ids: Vec<_> = records.iter().flat_map(|r| r.spans.iter().map(id)).collect();
            ids.sort_unstable();
            let all: Vec<_> = (0..6 * services).collect();
            assert_eq!(ids, all, "each once");

            for record in &records[1..] {
                let service = record.service();
                let own = resource(&[("service.name", &service), ("team", "orders")]);
                assert_eq!(record.resource, own);
                let n: u64 = service.strip_suffix(".example").expect("it").parse().expect("it");
                let mine = [n, n + services, n + 2 * services].map(|n| of(&service, 2 * n));
                assert_eq!(record.spans, mine, "all of its spans, as they were");
            }
            assert_eq!(records[0].resource, app());
            let own_spans = 3 * services + 3 * (services - served);
            assert_eq!(records[0].spans.len() as u64, own_spans);
        }
    }
}

#[test]
fn exporters_are_used_again() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    for id in 0..3 {
        export(&exporter, vec![of("a", id)]).expect("exported");
    }
    assert_eq!(backend.records().len(), 2);
    assert_eq!(backend.by_service(), BTreeMap::from([("a".into(), vec![0, 1, 2])]));
}

#[test]
fn spans_without_a_service_of_their_own_are_the_applications() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gateway = KeyValue::new("_dd.inferred_span", 1);
    let batch = vec![
        own(0),
        of("app", 1),
        of("", 2),
        span(3, vec![KeyValue::new("service.name", 42)]),
        span(4, vec![gateway.clone()]),
        span(5, vec![KeyValue::new("service.name", "app"), gateway]),
    ];
    export(&exporter, batch.clone()).expect("exported");
    let records = backend.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].resource, app());
    assert_eq!(records[0].spans, batch);
}

#[test]
fn the_service_set_last_counts() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let names = ["first", "last"].map(|name| KeyValue::new("service.name", name));
    export(&exporter, vec![span(0, names.to_vec())]).expect("exported");
    assert_eq!(backend.by_service(), BTreeMap::from([("last".into(), vec![0])]));
}

#[test]
fn an_empty_batch_reaches_nobody() {
    let backend = Backend::default();
    export(&backend.exporter(), Vec::new()).expect("exported");
    assert!(backend.by_service().is_empty());
}

/// What an application's Resource may say, and whether a gateway's says it too.
const EVERYTHING: [(&str, &str, bool); 34] = [
    ("service.name", "app", false),
    ("service.namespace", "shop", true),
    ("service.version", "1.2.3", false),
    ("service.instance.id", "627cc493", false),
    ("deployment.environment", "prod", true),
    ("deployment.environment.name", "prod", true),
    ("telemetry.sdk.name", "opentelemetry", true),
    ("telemetry.sdk.language", "rust", true),
    ("telemetry.sdk.version", "0.33.1", true),
    ("host.name", "ip-10-0-0-1", false),
    ("host.id", "i-0123", false),
    ("hostess", "Ada", true),
    ("container.id", "c0ffee", false),
    ("process.pid", "42", false),
    ("process.runtime.name", "rustc", false),
    ("k8s.pod.name", "app-0", false),
    ("k8s.cluster.name", "prod", false),
    ("os.type", "linux", false),
    ("osmosis", "yes", true),
    ("aws.ecs.task.arn", "arn:aws:ecs:::task/1", false),
    ("aws.ecs.launchtype", "fargate", false),
    ("aws.log.group.names", "app", true),
    ("faas.name", "app", false),
    ("faas.version", "7", false),
    ("cloud.provider", "aws", true),
    ("cloud.region", "us-east-1", true),
    ("cloud.account.id", "000000000000", true),
    ("cloud.platform", "aws_ecs", false),
    ("cloud.availability_zone", "us-east-1a", false),
    ("cloud.resource_id", "arn:aws:ecs:::task/1", false),
    ("service.version.scheme", "semver", true),
    ("cloud.platform.version", "1.4", true),
    ("team", "orders", true),
    ("version", "1.2.3", true),
];

#[test]
fn a_gateways_resource_is_the_applications_without_its_process() {
    let full: Vec<_> = EVERYTHING.map(|(key, value, _)| (key, value)).to_vec();
    let full = resource(&full);
    let kept = || {
        let kept = EVERYTHING.into_iter().filter(|(.., is_kept)| *is_kept);
        kept.map(|(key, value, _)| (key, value)).collect::<BTreeMap<_, _>>()
    };
    let with = |changes: &[(&'static str, Option<&'static str>)]| {
        let mut attributes = kept();
        attributes.insert("service.name", "api.example.com");
        for (key, value) in changes {
            match value {
                Some(value) => attributes.insert(key, value),
                None => attributes.remove(key),
            };
        }
        resource(&attributes.into_iter().collect::<Vec<_>>())
    };
    type Attributes = &'static [(&'static str, &'static str)];
    let cases: [(&str, Attributes, Resource); 5] = [
        ("a gateway that says nothing of its cloud", &[], with(&[])),
        (
            "a gateway in the application's region",
            &[("cloud.provider", "aws"), ("cloud.region", "us-east-1")],
            with(&[]),
        ),
        (
            "a gateway in another region and account",
            &[
                ("cloud.provider", "aws"),
                ("cloud.region", "eu-west-3"),
                ("cloud.account.id", "123456789123"),
                ("cloud.resource_id", "arn:aws:apigateway:eu-west-3::/restapis/a1"),
            ],
            with(&[("cloud.region", Some("eu-west-3")), ("cloud.account.id", Some("123456789123"))]),
        ),
        (
            "a gateway of another cloud",
            &[("cloud.provider", "azure")],
            with(&[("cloud.provider", Some("azure")), ("cloud.region", None), ("cloud.account.id", None)]),
        ),
        (
            "a gateway of another cloud that names its region",
            &[("cloud.provider", "azure"), ("cloud.region", "westeurope")],
            with(&[
                ("cloud.provider", Some("azure")),
                ("cloud.region", Some("westeurope")),
                ("cloud.account.id", None),
            ]),
        ),
    ];
    for (name, attributes, expected) in cases {
        let backend = Backend::default();
        let mut exporter = backend.exporter();
        exporter.set_resource(&full);
        let mut span = span(0, vec![KeyValue::new("_dd.inferred_span", 1)]);
        let service = ("service.name", "api.example.com");
        for (key, value) in attributes.iter().chain([&service]) {
            span.attributes.push(KeyValue::new(*key, *value));
        }
        export(&exporter, vec![span.clone(), own(1)]).expect("exported");

        let records = backend.records();
        assert_eq!(records[0].resource, full, "{name}: the application's stays");
        assert_eq!(records[0].spans, [own(1)], "{name}");
        assert_eq!(records[1].resource, expected, "{name}");
        assert_eq!(records[1].spans, [span], "{name}: the span stays as it was");
    }
}

#[test]
fn a_gateway_in_two_regions_has_a_resource_for_each() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gateway = |id, region: &'static str| {
        let mut span = of("api.example.com", id);
        span.attributes.push(KeyValue::new("_dd.inferred_span", 1));
        span.attributes.push(KeyValue::new("cloud.region", region));
        span
    };
    let batch = vec![gateway(0, "eu-west-1"), gateway(1, "eu-west-3"), gateway(2, "eu-west-1")];
    export(&exporter, batch).expect("exported");

    let records = backend.records();
    let regions: BTreeMap<_, _> = records[1..]
        .iter()
        .map(|record| {
            let region = record.resource.get(&"cloud.region".into()).expect("a region");
            let ids: Vec<_> = record.spans.iter().map(id).collect();
            (region.to_string(), ids)
        })
        .collect();
    let expected = [("eu-west-1".into(), vec![0, 2]), ("eu-west-3".into(), vec![1])];
    assert_eq!(regions, BTreeMap::from(expected));
}

#[test]
fn a_service_that_is_no_gateway_keeps_what_the_application_says_of_its_process() {
    let full = EVERYTHING.map(|(key, value, _)| (key, value));
    let renamed = full.map(|(key, value)| (key, if key == "service.name" { "worker" } else { value }));
    let backend = Backend::default();
    let mut exporter = backend.exporter();
    exporter.set_resource(&resource(&full));
    let mut span = of("worker", 0);
    span.attributes.push(KeyValue::new("cloud.region", "eu-west-3"));
    export(&exporter, vec![span]).expect("exported");
    assert_eq!(backend.records()[1].resource, resource(&renamed));
}

#[test]
fn the_schema_url_is_kept() {
    let url = "https://opentelemetry.io/schemas/1.44.0";
    let with_url = |name| {
        let name = KeyValue::new("service.name", name);
        Resource::builder_empty().with_schema_url([name], url).build()
    };
    let backend = Backend::default();
    let mut exporter = backend.exporter();
    exporter.set_resource(&with_url("app"));
    export(&exporter, vec![of("a", 0)]).expect("exported");
    assert_eq!(backend.records()[0].resource, with_url("app"));
    assert_eq!(backend.records()[1].resource, with_url("a"));
    assert_eq!(backend.records()[1].resource.schema_url(), Some(url));
}

#[test]
fn without_a_resource_there_is_the_service_name() {
    let backend = Backend::default();
    let exporter = PerServiceExporter::new({
        let backend = backend.clone();
        move || Exporter::new(&backend)
    });
    export(&exporter, vec![of("a", 0), own(1)]).expect("exported");
    assert_eq!(backend.records()[1].resource, resource(&[("service.name", "a")]));
    assert_eq!(backend.records()[0].spans, [own(1)]);
}

#[test]
fn a_new_resource_closes_the_exporters_under_the_old_one() {
    let backend = Backend::default();
    let mut exporter = backend.exporter();
    export(&exporter, vec![of("a", 0)]).expect("exported");
    exporter.set_resource(&resource(&[("service.name", "renamed")]));
    export(&exporter, vec![of("a", 1), own(2)]).expect("exported");

    assert_eq!(
        backend.log(&["a"]),
        ["a opens", "a exports", "a flushes", "a shuts down", "a is dropped", "a opens", "a exports"]
    );
    let spans = [("a".into(), vec![0, 1]), ("renamed".into(), vec![2])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));
}

#[test]
fn a_failing_exporter_doesnt_stop_the_others() {
    for failing in [&["app"][..], &["b"], &["a", "b", "c", "app"]] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        for service in failing {
            backend.behave(service, Behaviour::Fails("refused"));
        }
        for round in 0..2 {
            let id = 4 * round;
            let batch = vec![own(id), of("a", id + 1), of("b", id + 2), of("c", id + 3)];
            let result = export(&exporter, batch);
            assert_eq!(message(result), "Operation failed: refused");
        }
        let expected = ["app", "a", "b", "c"].into_iter().map(str::to_owned);
        let expected = expected.zip([vec![0, 4], vec![1, 5], vec![2, 6], vec![3, 7]]);
        assert_eq!(backend.by_service(), expected.collect());
        assert_eq!(backend.records().len(), 4, "a failure is no reason for a new one");
    }
}

#[test]
fn the_first_error_is_returned() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.behave("app", Behaviour::Fails("first"));
    backend.behave("a", Behaviour::Fails("second"));
    let result = export(&exporter, vec![of("a", 0), of("b", 1), own(2)]);
    assert_eq!(message(result), "Operation failed: first");
}

#[test]
fn a_hanging_exporter_holds_up_nobody_elses_spans() {
    for hanging in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.behave(hanging, Behaviour::Hangs);
        let batch = vec![own(0), of("a", 1), of("b", 2), of("c", 3)];
        // The processor gives up on the export by dropping it.
        assert!(exporter.export(batch).now_or_never().is_none());
        assert_eq!(backend.by_service().len(), 4);

        backend.recover(hanging);
        export(&exporter, vec![own(4), of("a", 5), of("c", 6)]).expect("exported");
        assert_eq!(backend.records().len(), 4, "and it isn't replaced");
        exporter.shutdown().expect("shut down");
    }
}

#[tokio::test]
async fn exports_wait_for_each_other_and_not_in_turn() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gate = Arc::new(Notify::new());
    for service in ["app", "a", "b"] {
        backend.behave(service, Behaviour::WaitsFor(Arc::clone(&gate)));
    }
    let exported = exporter.export(vec![own(0), of("a", 1), of("b", 2), of("c", 3)]);
    let open = async {
        assert_eq!(backend.by_service().len(), 4, "all have theirs");
        gate.notify_waiters();
    };
    let (exported, ()) = tokio::join!(exported, open);
    exported.expect("exported");
}

#[test]
fn a_panicking_exporter_is_replaced_and_doesnt_stop_the_others() {
    for panicking in ["app", "a", "c"] {
        let backend = Backend::default();
        let exporter = backend.exporter();
        backend.behave(panicking, Behaviour::PanicsAtOnce);
        let batch = vec![own(0), of("a", 1), of("b", 2), of("c", 3)];
        let result = export(&exporter, batch);
        assert_eq!(message(result), "Operation failed: an exporter panicked");
        assert_eq!(backend.by_service().len(), 4, "all had theirs");

        backend.recover(panicking);
        backend.log(&[]);
        export(&exporter, vec![own(4), of("a", 5), of("b", 6), of("c", 7)]).expect("exported");
        let expected = ["app", "a", "b", "c"].into_iter().map(str::to_owned);
        let expected = expected.zip([vec![0, 4], vec![1, 5], vec![2, 6], vec![3, 7]]);
        assert_eq!(backend.by_service(), expected.collect());
        let (opens, exports) = (format!("{panicking} opens"), format!("{panicking} exports"));
        assert_eq!(backend.log(&[panicking]), [opens, exports], "by a new one");

        let records = backend.records();
        assert_eq!(records.len(), 5);
        assert_eq!(records.iter().filter(|record| record.is_dropped).count(), 1);
    }
}

#[tokio::test]
async fn a_panic_at_a_later_poll_is_caught_too() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gate = Arc::new(Notify::new());
    backend.behave("a", Behaviour::PanicsAfter(Arc::clone(&gate)));
    let exported = exporter.export(vec![own(0), of("a", 1), of("b", 2)]);
    let (exported, ()) = tokio::join!(exported, async { gate.notify_waiters() });
    assert_eq!(message(exported), "Operation failed: an exporter panicked");
    assert_eq!(backend.by_service().len(), 3);
}

#[test]
fn an_exporter_may_panic_in_everything_it_does() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(1).min_idle(Duration::ZERO);
    export(&exporter, vec![of("a", 0)]).expect("exported");
    backend.behave("a", Behaviour::PanicsAlways);
    export(&exporter, vec![of("b", 1)]).expect("a is closed to make room");
    message(export(&exporter, vec![of("a", 2), own(3)]));
    export(&exporter, vec![of("b", 4)]).expect("exported");
    let spans = [("a".into(), vec![0, 2]), ("app".into(), vec![3]), ("b".into(), vec![1, 4])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));

    backend.behave("b", Behaviour::PanicsAlways);
    message(exporter.force_flush());
    message(exporter.shutdown());
    assert!(backend.records().iter().all(|record| record.is_dropped));
}

#[test]
fn a_service_for_which_no_exporter_can_be_made_is_exported_by_the_applications() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.behave("a", Behaviour::PanicsWhenMade);
    export(&exporter, vec![of("a", 0), of("b", 1), own(2)]).expect("exported");
    let spans = [("app".into(), vec![2, 0]), ("b".into(), vec![1])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));

    backend.recover("a");
    export(&exporter, vec![of("a", 3)]).expect("exported");
    assert_eq!(backend.by_service()["a"], [3]);
}

#[test]
fn only_an_application_without_any_exporter_loses_spans_and_says_so() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    backend.behave("app", Behaviour::PanicsAtOnce);
    message(export(&exporter, vec![own(0)]));
    backend.behave("app", Behaviour::PanicsWhenMade);
    let result = export(&exporter, vec![own(1), of("a", 2)]);
    assert_eq!(message(result), "Operation failed: an exporter panicked");
    assert_eq!(backend.by_service()["a"], [2]);

    backend.recover("app");
    export(&exporter, vec![own(3)]).expect("exported");
    assert_eq!(backend.by_service()["app"], [0, 3]);
}

#[test]
fn a_configuration_that_cant_work_shows_at_the_start() {
    let made = catch_unwind(|| {
        PerServiceExporter::new(|| -> Exporter { panic!("no such endpoint") });
    });
    assert!(made.is_err());
}

#[test]
fn a_flush_reaches_all() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![own(0), of("a", 1), of("b", 2), of("c", 3)]).expect("exported");
    backend.log(&[]);
    exporter.force_flush().expect("flushed");
    let all = ["a flushes", "app flushes", "b flushes", "c flushes"];
    assert_eq!(sorted(backend.log(&[])), all);

    backend.behave("a", Behaviour::PanicsAtFlush);
    backend.behave("app", Behaviour::FailsAtFlushAndShutdown("refused"));
    let error = message(exporter.force_flush());
    assert_eq!(error, "Operation failed: refused", "the first one's");
    assert_eq!(sorted(backend.log(&[])), all);
}

#[test]
fn a_shutdown_reaches_all_and_is_the_end() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![own(0), of("a", 1), of("b", 2), of("c", 3)]).expect("exported");
    backend.behave("app", Behaviour::FailsAtFlushAndShutdown("refused"));
    backend.behave("a", Behaviour::PanicsAtShutdown);
    let error = message(exporter.shutdown());
    assert_eq!(error, "Operation failed: refused", "the first one's");
    let records = backend.records();
    assert!(records.iter().all(|record| record.shutdown.is_some() && record.is_dropped));

    for result in [export(&exporter, vec![own(4), of("d", 5)]), exporter.force_flush(), exporter.shutdown()] {
        assert!(matches!(result, Err(OTelSdkError::AlreadyShutdown)), "{result:?}");
    }
    assert_eq!(backend.records().len(), 4, "and no new ones are made");
}

#[test]
fn the_shutdowns_timeout_is_for_all_together() {
    const TOTAL: Duration = Duration::from_millis(100);
    const WORK: Duration = Duration::from_millis(40);
    let backend = Backend::default();
    let exporter = backend.exporter();
    for (id, service) in ["app", "a", "b", "c", "d"].into_iter().enumerate() {
        backend.behave(service, Behaviour::TakesToShutDown(WORK));
        export(&exporter, vec![of(service, id as u64)]).expect("exported");
    }
    exporter.shutdown_with_timeout(TOTAL).expect("shut down");
    let given = backend.records().into_iter();
    let mut given: Vec<_> = given.map(|record| record.shutdown.expect("shut down")).collect();
    given.sort_unstable_by(|a, b| b.cmp(a));
    for (nth, given) in (0..).zip(given) {
        assert!(given <= TOTAL.saturating_sub(nth * WORK), "{nth}: {given:?}");
    }
}

#[test]
fn a_timeout_beyond_all_time_is_no_trouble() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    exporter.shutdown_with_timeout(Duration::MAX).expect("shut down");
    assert!(backend.records()[0].shutdown.expect("shut down") > HOUR);
}

#[test]
fn the_least_recently_used_is_flushed_and_closed_for_a_new_one() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(2).min_idle(Duration::ZERO);
    for (id, service) in ["a", "b", "a"].into_iter().enumerate() {
        export(&exporter, vec![of(service, id as u64)]).expect("exported");
    }
    backend.log(&[]);
    export(&exporter, vec![of("c", 3)]).expect("exported");
    assert_eq!(backend.log(&[]), ["b flushes", "b shuts down", "b is dropped", "c opens", "c exports"]);
    export(&exporter, vec![of("b", 4)]).expect("exported");
    assert_eq!(backend.log(&[]), ["a flushes", "a shuts down", "a is dropped", "b opens", "b exports"]);
    let spans = [("a".into(), vec![0, 2]), ("b".into(), vec![1, 4]), ("c".into(), vec![3])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));
    assert_eq!(backend.state().most_open, 3);
    let timeout = backend.records()[2].shutdown.expect("shut down");
    assert!(timeout <= Duration::from_secs(5) && timeout > Duration::from_secs(1));
}

#[test]
fn what_is_in_use_isnt_closed() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(2).min_idle(Duration::ZERO);
    export(&exporter, vec![of("a", 0)]).expect("exported");
    export(&exporter, vec![of("b", 1)]).expect("exported");
    backend.log(&[]);
    // Both have spans in this batch; there is room for neither of the others.
    let batch = vec![of("c", 2), of("a", 3), of("d", 4), of("b", 5)];
    export(&exporter, batch).expect("exported");
    assert_eq!(sorted(backend.log(&[])), ["a exports", "app exports", "b exports"]);

    backend.behave("a", Behaviour::Hangs);
    let mut hanging = Box::pin(exporter.export(vec![of("a", 6)]));
    assert!(hanging.as_mut().now_or_never().is_none());
    export(&exporter, vec![of("c", 7)]).expect("exported");
    export(&exporter, vec![of("d", 8)]).expect("exported");
    assert!(!backend.log(&["a"]).contains(&"a shuts down".to_owned()));
    drop(hanging);
    export(&exporter, vec![of("e", 9)]).expect("exported");
    assert_eq!(backend.log(&["a"]), ["a flushes", "a shuts down", "a is dropped"]);
}

#[test]
fn a_closed_exporter_that_fails_or_panics_stops_nobody() {
    for behaviour in
        [Behaviour::FailsAtFlushAndShutdown("refused"), Behaviour::PanicsAtFlush, Behaviour::PanicsAtShutdown]
    {
        let backend = Backend::default();
        let exporter = backend.exporter().max_services(1).min_idle(Duration::ZERO);
        backend.behave("a", behaviour);
        export(&exporter, vec![of("a", 0)]).expect("exported");
        export(&exporter, vec![of("b", 1)]).expect("exported");
        let spans = [("a".into(), vec![0]), ("b".into(), vec![1])];
        assert_eq!(backend.by_service(), BTreeMap::from(spans));
    }
}

#[test]
fn ever_new_services_make_no_exporters_and_one_warning() {
    let log = Log::collect();
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(3);
    for id in 0..3 {
        export(&exporter, vec![of(&format!("{id}.example"), id)]).expect("exported");
    }
    assert_eq!(log.lines(), [""; 0]);
    backend.log(&[]);
    for id in 3..1_000 {
        export(&exporter, vec![of(&format!("{id}.example"), id)]).expect("exported");
    }
    let warning = "WARN apigateway_inferred_span::export::per_service: more services than exporters (max_services): \
                   the spans of some are exported under the application's own Resource";
    assert_eq!(log.lines(), [warning]);
    assert!(backend.log(&[]).iter().all(|event| event == "app exports"));
    export(&exporter, vec![of("0.example", 1_000)]).expect("exported");
    assert_eq!(backend.by_service()["0.example"], [0, 1_000], "the first stay");
}

#[test]
fn with_no_services_everything_is_the_applications() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(0).min_idle(Duration::ZERO);
    export(&exporter, vec![own(0), of("a", 1)]).expect("exported");
    assert_eq!(backend.by_service(), BTreeMap::from([("app".into(), vec![0, 1])]));
}

#[test]
fn many_threads_lose_and_double_nothing() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(3).min_idle(Duration::ZERO);
    thread::scope(|scope| {
        for thread in 0..8 {
            let exporter = &exporter;
            scope.spawn(move || {
                for n in 0..100 {
                    let id = 200 * thread + 2 * n;
                    let service = format!("{}.example", (thread + n) % 6);
                    export(exporter, vec![of(&service, id), own(id + 1)]).expect("exported");
                }
            });
        }
    });
    let ids = backend.by_service().into_values().flatten();
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..1_600).collect::<Vec<_>>());
    assert!(backend.state().most_open <= 4);
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

/// The service of a span that may be a gateway's: what tells it from others.
type Which = (Option<u8>, bool, Option<u8>);

fn any_span(id: u64, (service, is_gateway, region): Which) -> SpanData {
    let service = service.map(|n| KeyValue::new("service.name", format!("{n}.example")));
    let gateway = is_gateway.then(|| KeyValue::new("_dd.inferred_span", 1));
    let region = region.map(|n| KeyValue::new("cloud.region", format!("region-{n}")));
    span(id, service.into_iter().chain(gateway).chain(region).collect())
}

proptest! {
    #[test]
    fn no_batch_is_lost_doubled_or_reordered(
        batches in proptest::collection::vec(
            proptest::collection::vec(
                (proptest::option::of(0..5_u8), any::<bool>(), proptest::option::of(0..2_u8)),
                0..30,
            ),
            1..6,
        ),
        max in 0..6_usize,
        idle in proptest::sample::select(vec![Duration::ZERO, HOUR]),
        panicking in proptest::option::of(0..5_u8),
    ) {
        let backend = Backend::default();
        let exporter = backend.exporter().max_services(max).min_idle(idle);
        if let Some(n) = panicking {
            backend.behave(&format!("{n}.example"), Behaviour::PanicsWhenMade);
        }
        let mut sent = Vec::new();
        for batch in &batches {
            let batch: Vec<_> = batch
                .iter()
                .enumerate()
                .map(|(n, which)| any_span((sent.len() + n) as u64, *which))
                .collect();
            sent.extend(batch.clone());
            export(&exporter, batch).expect("exported");
        }
        exporter.shutdown().expect("shut down");

        let records = backend.records();
        let total: usize = records.iter().map(|record| record.spans.len()).sum();
        prop_assert_eq!(total, sent.len());
        prop_assert!(backend.state().most_open <= max + 1 + usize::from(panicking.is_some()));
        prop_assert!(records.iter().all(|record| record.is_dropped));

        // Each service's spans in the order in which its exporters were made, and the rest among the application's.
        let mut services: Vec<Which> = batches.concat();
        services.sort_unstable();
        services.dedup();
        for which in services {
            let mine = |span: &&SpanData| span.attributes == any_span(0, which).attributes;
            let sent: Vec<_> = sent.iter().filter(mine).collect();
            let got = |is_app: bool| {
                let records = records.iter().filter(move |r| (r.service() == "app") == is_app);
                records.flat_map(|record| &record.spans).filter(mine).collect::<Vec<_>>()
            };
            let (own, apps) = (got(false), got(true));
            for part in [&own, &apps] {
                prop_assert!(part.windows(2).all(|pair| id(pair[0]) < id(pair[1])));
            }
            let mut all = [own, apps].concat();
            all.sort_unstable_by_key(|span| id(span));
            prop_assert_eq!(all, sent);
        }
        for record in &records {
            for span in &record.spans {
                let name = span.attributes.iter().find(|kv| kv.key.as_str() == "service.name");
                let name = name.map(|kv| kv.value.to_string());
                let service = record.service();
                prop_assert!(service == "app" || Some(service) == name);
            }
        }
    }
}

/// Sends a request through the layer to an application with a server span, and waits until both are exported.
async fn request_through(provider: &SdkTracerProvider) {
    let tracer = provider.tracer("application");
    let application = service_fn(move |_: Request<()>| {
        let span = tracer.span_builder("GET /users/{id}").with_kind(SpanKind::Server);
        drop(span.start(&tracer));
        async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
    });
    let layer = ApiGatewayInferredSpan::new().enabled(true).tracer_provider(provider);
    let request = Request::get("/users/42")
        .header("x-dd-proxy", "aws-apigateway")
        .header("x-dd-proxy-request-time-ms", "1729780025473")
        .header("x-dd-proxy-domain-name", "api.example.com")
        .header("x-dd-proxy-httpmethod", "GET")
        .header("x-dd-proxy-path", "/users/42")
        .header("x-dd-proxy-account-id", "123456789123")
        .header("x-dd-proxy-region", "eu-west-3");
    let request = request.body(()).expect("a request");
    let response = layer.layer(application).oneshot(request).await;
    drop(response.expect("infallible"));
    provider.force_flush().expect("flushed");
}

/// What one of the exporters was given.
#[derive(Clone, Debug)]
struct Exported {
    resource: Resource,
    spans: Vec<SpanData>,
    is_shut_down: bool,
}

/// All exporters of one test, in the order in which they were made.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<Exported>>>);

impl Recorder {
    fn exporters(&self) -> MutexGuard<'_, Vec<Exported>> {
        self.0.lock().expect("not poisoned")
    }

    fn per_service(&self) -> PerServiceExporter<RecordingExporter> {
        let recorder = self.clone();
        PerServiceExporter::new(move || {
            let mut exporters = recorder.exporters();
            let index = exporters.len();
            let resource = Resource::builder_empty().build();
            exporters.push(Exported { resource, spans: Vec::new(), is_shut_down: false });
            RecordingExporter { recorder: recorder.clone(), index }
        })
    }
}

#[derive(Debug)]
struct RecordingExporter {
    recorder: Recorder,
    index: usize,
}

impl SpanExporter for RecordingExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        assert!(!batch.is_empty(), "has nothing to export");
        let exported = &mut self.recorder.exporters()[self.index];
        assert!(!exported.is_shut_down, "exports after its shutdown");
        exported.spans.extend(batch);
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        let was_shut_down = std::mem::replace(&mut self.recorder.exporters()[self.index].is_shut_down, true);
        assert!(!was_shut_down, "shut down twice");
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.recorder.exporters()[self.index].resource = resource.clone();
    }
}

#[tokio::test]
async fn the_gateways_span_is_exported_under_its_domain_and_the_servers_under_the_application() {
    type AddExporter = fn(TracerProviderBuilder, PerServiceExporter<RecordingExporter>) -> TracerProviderBuilder;
    let processors: [AddExporter; 2] = [
        |builder, exporter| builder.with_simple_exporter(exporter),
        |builder, exporter| builder.with_batch_exporter(exporter),
    ];
    for add_exporter in processors {
        let recorder = Recorder::default();
        let own = resource(&[
            ("service.name", "users"),
            ("service.version", "1.2.3"),
            ("host.name", "ip-10-0-0-1"),
            ("deployment.environment.name", "prod"),
        ]);
        let builder = SdkTracerProvider::builder().with_resource(own.clone());
        let provider = add_exporter(builder, recorder.per_service()).build();
        request_through(&provider).await;

        let exported = recorder.exporters().clone();
        assert_eq!(exported.len(), 2);
        let (server, gateway) = (&exported[0].spans[..], &exported[1].spans[..]);
        let ([server], [gateway]) = (server, gateway) else {
            panic!("one span each: {exported:?}");
        };
        assert_eq!(exported[0].resource, own);
        assert_eq!(server.name, "GET /users/{id}");
        assert_eq!(server.parent_span_id, gateway.span_context.span_id());
        assert_eq!(
            exported[1].resource,
            resource(&[
                ("service.name", "api.example.com"),
                ("deployment.environment.name", "prod"),
                ("cloud.provider", "aws"),
                ("cloud.region", "eu-west-3"),
                ("cloud.account.id", "123456789123"),
            ])
        );
        assert_eq!(gateway.name, "aws.apigateway");
        let service = KeyValue::new("service.name", Value::from("api.example.com"));
        assert!(gateway.attributes.contains(&service), "for Datadog");

        provider.shutdown().expect("shut down");
        assert!(recorder.exporters().iter().all(|exporter| exporter.is_shut_down));
    }
}

/// The bodies of all requests that come over a connection, answered with 200.
fn serve(connection: TcpStream) -> std::io::Result<Vec<Vec<u8>>> {
    let mut reader = BufReader::new(connection);
    let mut bodies = Vec::new();
    loop {
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line != "\r\n" {
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            line.clear();
        }
        if line.is_empty() {
            return Ok(bodies);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        bodies.push(body);
        let response = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        reader.get_mut().write_all(response)?;
    }
}

#[tokio::test]
async fn exporters_of_otlp_share_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().expect("bound"));
    let server = thread::spawn(move || {
        let (connection, _) = listener.accept().expect("a connection");
        serve(connection).expect("served")
    });

    let client = thread::spawn(|| reqwest::blocking::Client::builder().no_proxy().build());
    let client = client.join().expect("no panic").expect("a client");
    let exporter = PerServiceExporter::new(move || {
        opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client.clone())
            .with_endpoint(&endpoint)
            .build()
            .expect("an exporter")
    });
    let provider = SdkTracerProvider::builder()
        .with_resource(resource(&[("service.name", "users-app")]))
        .with_batch_exporter(exporter)
        .build();
    request_through(&provider).await;
    provider.shutdown().expect("shut down");
    drop(provider);

    let bodies = server.join().expect("served");
    let says = |body: &[u8], text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    assert_eq!(bodies.len(), 2);
    let expected = [("users-app", "api.example.com"), ("api.example.com", "users-app")];
    for (body, (service, other)) in bodies.iter().zip(expected) {
        assert!(says(body, service) && !says(body, other));
    }
}

#[test]
fn it_can_be_looked_at() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    export(&exporter, vec![of("a", 0)]).expect("exported");
    let text = catch_unwind(AssertUnwindSafe(|| format!("{exporter:?}")));
    assert!(text.expect("no panic").contains("max_services: 100"));
}
