//! Which Resource a service's spans are exported under.

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use opentelemetry_sdk::Resource;

use super::backend::{Backend, Exporter, Record};
use super::spans::{app_span, export, ids, resource, service_span, span};
use crate::export::PerServiceExporter;

/// Attributes of an application's Resource, and whether a gateway's Resource has them too.
const EVERYTHING: [(&str, &str, bool); 35] = [
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
    ("aws.log.group.names", "app", false),
    ("aws.eks.cluster.arn", "arn:aws:eks:::cluster/1", false),
    ("faas.name", "app", false),
    ("faas.version", "7", false),
    ("cloud.provider", "aws", true),
    ("cloud.region", "us-east-1", false),
    ("cloud.account.id", "000000000000", false),
    ("cloud.platform", "aws_ecs", false),
    ("cloud.availability_zone", "us-east-1a", false),
    ("cloud.resource_id", "arn:aws:ecs:::task/1", false),
    ("service.version.scheme", "semver", true),
    ("cloud.platform.version", "1.4", true),
    ("team", "orders", true),
    ("version", "1.2.3", true),
];

/// The cloud attributes of a gateway's span, and those of the Resource it is exported under.
struct Cloud {
    name: &'static str,
    span: &'static [(&'static str, &'static str)],
    resource: &'static [(&'static str, &'static str)],
}

const CLOUDS: [Cloud; 5] = [
    Cloud { name: "a gateway without cloud attributes", span: &[], resource: &[("cloud.provider", "aws")] },
    Cloud {
        name: "a gateway in the application's region",
        span: &[("component", "aws-apigateway"), ("region", "us-east-1")],
        resource: &[("cloud.provider", "aws")],
    },
    Cloud {
        name: "a gateway in another region and account",
        span: &[
            ("component", "aws-httpapi"),
            ("cloud.region", "eu-west-3"),
            ("cloud.account.id", "123456789123"),
            ("cloud.resource_id", "arn:aws:apigateway:eu-west-3::/restapis/a1"),
        ],
        resource: &[("cloud.provider", "aws")],
    },
    Cloud {
        name: "a gateway of another cloud",
        span: &[("component", "azure-apim")],
        resource: &[("cloud.provider", "azure")],
    },
    Cloud {
        name: "a gateway of another cloud, with its region",
        span: &[("component", "azure-fd"), ("region", "westeurope")],
        resource: &[("cloud.provider", "azure")],
    },
];

impl Cloud {
    fn span(&self) -> SpanData {
        let attributes = [("service.name", "api.example.com")];
        let attributes = self.span.iter().chain(&attributes).map(|(key, value)| KeyValue::new(*key, *value));
        span(0, [KeyValue::new("_dd.inferred_span", 1)].into_iter().chain(attributes).collect())
    }

    /// What the exporters of the application and of the gateway receive, in this order.
    fn export(&self) -> [Record; 2] {
        let backend = Backend::default();
        let mut exporter = backend.exporter();
        exporter.set_resource(&everything());
        export(&exporter, vec![self.span(), app_span(1)]).expect("exported");
        backend.records().try_into().expect("two exporters")
    }

    fn resource(&self) -> Resource {
        let replaced = ["service.name", "cloud.provider"];
        let kept = EVERYTHING.into_iter().filter(|(key, _, is_kept)| *is_kept && !replaced.contains(key));
        let kept = kept.map(|(key, value, _)| (key, value)).chain([("service.name", "api.example.com")]);
        resource(&kept.chain(self.resource.iter().copied()).collect::<Vec<_>>())
    }
}

fn everything() -> Resource {
    resource(&EVERYTHING.map(|(key, value, _)| (key, value)))
}

#[test]
fn gateway_resource_omits_process_attributes() {
    let [_, gateway] = CLOUDS[0].export();
    for (key, value, is_kept) in EVERYTHING {
        let expected = match key {
            "service.name" => Some("api.example.com"),
            _ => is_kept.then_some(value),
        };
        assert_eq!(gateway.resource.get(&key.into()), expected.map(Value::from), "{key}");
    }
}

#[test]
fn gateway_resource_has_the_gateways_cloud() {
    for cloud in &CLOUDS {
        let [_, gateway] = cloud.export();
        assert_eq!(gateway.resource, cloud.resource(), "{}", cloud.name);
    }
}

#[test]
fn gateway_does_not_change_the_applications_resource() {
    for cloud in &CLOUDS {
        let [application, _] = cloud.export();
        assert_eq!(application.resource, everything(), "{}", cloud.name);
        assert_eq!(application.spans, [app_span(1)], "{}", cloud.name);
    }
}

#[test]
fn gateway_span_is_exported_unchanged() {
    for cloud in &CLOUDS {
        let [_, gateway] = cloud.export();
        assert_eq!(gateway.spans, [cloud.span()], "{}", cloud.name);
    }
}

/// A region may be the client's.
#[test]
fn gateway_in_a_hundred_regions_has_one_resource() {
    let backend = Backend::default();
    let exporter = backend.exporter().max_services(2);
    let gateway = |id, region: String| {
        let mut span = service_span("api.example.com", id);
        span.attributes.push(KeyValue::new("_dd.inferred_span", 1));
        span.attributes.push(KeyValue::new("cloud.region", region));
        span
    };
    let batch = (0..100).map(|id| gateway(id, format!("region-{id}"))).collect();
    export(&exporter, batch).expect("exported");
    export(&exporter, vec![service_span("other.example.com", 100)]).expect("exported");

    let records = backend.records();
    let sizes: Vec<_> = records.iter().map(|record| (record.service().to_owned(), record.spans.len())).collect();
    let expected = [("app", 0), ("api.example.com", 100), ("other.example.com", 1)];
    assert_eq!(sizes, expected.map(|(service, spans)| (service.to_owned(), spans)));
    assert_eq!(records[1].resource.get(&"cloud.region".into()), None);
}

#[test]
fn other_service_keeps_process_attributes() {
    let renamed = EVERYTHING.map(|(key, value, _)| (key, if key == "service.name" { "worker" } else { value }));
    let backend = Backend::default();
    let mut exporter = backend.exporter();
    exporter.set_resource(&everything());
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
    assert_eq!(backend.by_service(), ids([("a", &[0, 1]), ("renamed", &[2])]));
}
