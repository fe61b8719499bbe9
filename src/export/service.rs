//! The service of a span, and the `Resource` of a service.

use opentelemetry::{Key, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;
use opentelemetry_sdk::Resource;

pub(super) const SERVICE_NAME: &str = "service.name";
const INFERRED_SPAN: &str = "_dd.inferred_span";
const COMPONENT: &str = "component";
const PROVIDER: &str = "cloud.provider";
/// Attributes that describe the application's process and where it runs, and not the gateway in front of it. Entries
/// ending in a dot are prefixes.
///
/// Region and account are the application's. The gateway's stay on its spans: the next request's may differ, and a
/// client may have made them up, so they don't identify a service.
const OF_THE_PROCESS: [&str; 16] = [
    "service.version",
    "service.instance.id",
    "host.",
    "container.",
    "process.",
    "k8s.",
    "os.",
    "aws.ecs.",
    "aws.eks.",
    "aws.log.",
    "faas.",
    "cloud.platform",
    "cloud.availability_zone",
    "cloud.resource_id",
    "cloud.region",
    "cloud.account.id",
];

/// A service other than the application. Two services are equal if their `Resource` is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Service {
    name: StringValue,
    gateway: Option<Gateway>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Gateway {
    /// The gateway's cloud provider.
    provider: Option<&'static str>,
}

impl Service {
    /// `None` if the span is the application's own.
    pub(crate) fn of(span: &SpanData, application: &Resource) -> Option<Self> {
        let [name, is_gateway, component] = attributes(span, [SERVICE_NAME, INFERRED_SPAN, COMPONENT]);
        let name = text(name).filter(|name| !name.as_str().is_empty())?;
        let own = application.get_ref(&Key::from_static_str(SERVICE_NAME));
        if own.is_some_and(|own| own.as_str() == name.as_str()) {
            return None;
        }
        let gateway = is_gateway.map(|_| Gateway { provider: text(component).and_then(provider) });
        Some(Self { name: name.clone(), gateway })
    }

    pub(crate) fn is_gateway(&self) -> bool {
        self.gateway.is_some()
    }

    pub(crate) fn resource(&self, application: &Resource) -> Resource {
        let kept = application
            .iter()
            .filter(|(key, _)| self.keeps(key.as_str()))
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let builder = match application.schema_url() {
            Some(url) => Resource::builder_empty().with_schema_url(kept, url.to_owned()),
            None => Resource::builder_empty().with_attributes(kept),
        };
        let provider = self.gateway.as_ref().and_then(|gateway| gateway.provider);
        let provider = provider.map(|provider| KeyValue::new(PROVIDER, provider));
        builder.with_service_name(self.name.clone()).with_attributes(provider).build()
    }

    /// Whether the attribute `key` of the application's `Resource` applies to this service, too.
    fn keeps(&self, key: &str) -> bool {
        let of_the_process =
            || OF_THE_PROCESS.iter().any(|part| key == *part || part.ends_with('.') && key.starts_with(part));
        self.gateway.is_none() || !of_the_process()
    }
}

/// The cloud provider of the gateway that `component` names, such as `aws-httpapi`.
fn provider(component: &StringValue) -> Option<&'static str> {
    ["aws", "azure"].into_iter().find(|provider| component.as_str().starts_with(provider))
}

fn text(value: Option<&Value>) -> Option<&StringValue> {
    match value? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The values of these keys that were set last, because the SDK keeps earlier ones as well. In one pass, because a span
/// has some twenty attributes, and every exported span passes here.
pub(super) fn attributes<'a, const N: usize>(span: &'a SpanData, keys: [&str; N]) -> [Option<&'a Value>; N] {
    let mut found = [None; N];
    for attribute in &span.attributes {
        for (key, value) in keys.iter().zip(&mut found) {
            if attribute.key.as_str() == *key {
                *value = Some(&attribute.value);
            }
        }
    }
    found
}
