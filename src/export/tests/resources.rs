//! Which Resource a service's spans are exported under.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SpanExporter as _;
use opentelemetry_sdk::Resource;

use super::backend::{Backend, Exporter};
use super::spans::{app_span, export, id, resource, service_span, span};
use crate::export::PerServiceExporter;

/// Attributes of an application's Resource, and whether a gateway's Resource has them too.
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
fn gateway_resource_omits_process_attributes() {
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
        ("a gateway without cloud attributes", &[], with(&[])),
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
        export(&exporter, vec![span.clone(), app_span(1)]).expect("exported");

        let records = backend.records();
        assert_eq!(records[0].resource, full, "{name}: the application's Resource");
        assert_eq!(records[0].spans, [app_span(1)], "{name}");
        assert_eq!(records[1].resource, expected, "{name}");
        assert_eq!(records[1].spans, [span], "{name}: the span");
    }
}

#[test]
fn gateway_in_two_regions_has_two_resources() {
    let backend = Backend::default();
    let exporter = backend.exporter();
    let gateway = |id, region: &'static str| {
        let mut span = service_span("api.example.com", id);
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
fn other_service_keeps_process_attributes() {
    let full = EVERYTHING.map(|(key, value, _)| (key, value));
    let renamed = full.map(|(key, value)| (key, if key == "service.name" { "worker" } else { value }));
    let backend = Backend::default();
    let mut exporter = backend.exporter();
    exporter.set_resource(&resource(&full));
    let mut span = service_span("worker", 0);
    span.attributes.push(KeyValue::new("cloud.region", "eu-west-3"));
    export(&exporter, vec![span]).expect("exported");
    assert_eq!(backend.records()[1].resource, resource(&renamed));
}

#[test]
fn schema_url_is_kept() {
    let url = "https://opentelemetry.io/schemas/1.44.0";
    let with_url = |name| {
        let name = KeyValue::new("service.name", name);
        Resource::builder_empty().with_schema_url([name], url).build()
    };
    let backend = Backend::default();
    let mut exporter = backend.exporter();
    exporter.set_resource(&with_url("app"));
    export(&exporter, vec![service_span("a", 0)]).expect("exported");
    assert_eq!(backend.records()[0].resource, with_url("app"));
    assert_eq!(backend.records()[1].resource, with_url("a"));
    assert_eq!(backend.records()[1].resource.schema_url(), Some(url));
}

#[test]
fn service_name_is_set_without_any_resource() {
    let backend = Backend::default();
    let exporter = PerServiceExporter::new({
        let backend = backend.clone();
        move || Exporter::new(&backend)
    });
    export(&exporter, vec![service_span("a", 0), app_span(1)]).expect("exported");
    assert_eq!(backend.records()[1].resource, resource(&[("service.name", "a")]));
    assert_eq!(backend.records()[0].spans, [app_span(1)]);
}

#[test]
fn new_resource_replaces_the_service_exporters() {
    let backend = Backend::default();
    let mut exporter = backend.exporter();
    export(&exporter, vec![service_span("a", 0)]).expect("exported");
    exporter.set_resource(&resource(&[("service.name", "renamed")]));
    export(&exporter, vec![service_span("a", 1), app_span(2)]).expect("exported");

    assert_eq!(
        backend.log(&["a"]),
        ["a opens", "a exports", "a flushes", "a shuts down", "a is dropped", "a opens", "a exports"]
    );
    let spans = [("a".into(), vec![0, 1]), ("renamed".into(), vec![2])];
    assert_eq!(backend.by_service(), BTreeMap::from(spans));
}
