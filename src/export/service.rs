//! From a span to the service that it is of, and that service's Resource.

use opentelemetry::{Key, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;
use opentelemetry_sdk::Resource;

const SERVICE_NAME: &str = "service.name";
const INFERRED_SPAN: &str = "_dd.inferred_span";
const PROVIDER: &str = "cloud.provider";
const REGION: &str = "cloud.region";
const ACCOUNT_ID: &str = "cloud.account.id";

/// Attributes that describe the application's process, and not the gateway in front of it. Entries ending in a dot are
/// prefixes.
const OF_THE_PROCESS: [&str; 12] = [
    "service.version",
    "service.instance.id",
    "host.",
    "container.",
    "process.",
    "k8s.",
    "os.",
    "aws.ecs.",
    "faas.",
    "cloud.platform",
    "cloud.availability_zone",
    "cloud.resource_id",
];

/// A service that isn't the application. Two are the same if their Resource is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Service {
    name: StringValue,
    gateway: Option<Cloud>,
}

/// Where a gateway is, as far as its spans say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Cloud {
    provider: Option<StringValue>,
    region: Option<StringValue>,
    account_id: Option<StringValue>,
}

impl Service {
    /// `None` if the span is the application's own.
    pub(crate) fn of(span: &SpanData, application: &Resource) -> Option<Self> {
        let name = text(span, SERVICE_NAME).filter(|name| !name.as_str().is_empty())?;
        let own = application.get_ref(&Key::from_static_str(SERVICE_NAME));
        if own.is_some_and(|own| own.as_str() == name.as_str()) {
            return None;
        }
        let is_gateway = attribute(span, INFERRED_SPAN).is_some();
        Some(Self {
            name: name.clone(),
            gateway: is_gateway.then(|| Cloud {
                provider: text(span, PROVIDER).cloned(),
                region: text(span, REGION).cloned(),
                account_id: text(span, ACCOUNT_ID).cloned(),
            }),
        })
    }

    pub(crate) fn resource(&self, application: &Resource) -> Resource {
        let is_elsewhere = self.is_in_another_cloud(application);
        let kept = application
            .iter()
            .filter(|(key, _)| self.keeps(key.as_str(), is_elsewhere))
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let builder = match application.schema_url() {
            Some(url) => Resource::builder_empty().with_schema_url(kept, url.to_owned()),
            None => Resource::builder_empty().with_attributes(kept),
        };

        let cloud = self
            .gateway
            .iter()
            .flat_map(|cloud| [(PROVIDER, &cloud.provider), (REGION, &cloud.region), (ACCOUNT_ID, &cloud.account_id)]);
        let cloud = cloud.filter_map(|(key, value)| Some(KeyValue::new(key, value.clone()?)));
        builder.with_service_name(self.name.clone()).with_attributes(cloud).build()
    }

    /// Whether what the application's Resource says under `key` is true of this service too.
    fn keeps(&self, key: &str, is_elsewhere: bool) -> bool {
        let of_the_process =
            || OF_THE_PROCESS.iter().any(|part| key == *part || part.ends_with('.') && key.starts_with(part));
        let of_its_cloud = || matches!(key, REGION | ACCOUNT_ID);
        self.gateway.is_none() || !(of_the_process() || is_elsewhere && of_its_cloud())
    }

    fn is_in_another_cloud(&self, application: &Resource) -> bool {
        let own = application.get_ref(&Key::from_static_str(PROVIDER));
        let provider = self.gateway.as_ref().and_then(|c| c.provider.as_ref());
        match (own, provider) {
            (Some(own), Some(provider)) => own.as_str() != provider.as_str(),
            _ => false,
        }
    }
}

fn text<'a>(span: &'a SpanData, key: &str) -> Option<&'a StringValue> {
    match attribute(span, key)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The value that was set last, because the SDK keeps those before it too.
fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let mut attributes = span.attributes.iter().rev();
    let attribute = attributes.find(|attribute| attribute.key.as_str() == key)?;
    Some(&attribute.value)
}
