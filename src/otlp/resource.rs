//! The attributes of the application's `Resource` that the SDK doesn't read itself.

use opentelemetry::KeyValue;

use super::pairs::pairs;
use crate::env::{Lookup, Variables};

const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// Datadog's variables apply if OpenTelemetry's aren't set.
pub(super) fn resource(variables: &mut Variables<impl Lookup>) -> Vec<KeyValue> {
    let attributes = variables.get(RESOURCE_ATTRIBUTES).unwrap_or_default();
    // The SDK reads this variable, too, but doesn't decode it.
    let attributes = pairs(variables, RESOURCE_ATTRIBUTES, &attributes);
    let is_said = |key: &str| attributes.iter().any(|(said, _)| said == key);
    let mut resource: Vec<_> =
        attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    // The SDK reads this one, too, but gives OTEL_RESOURCE_ATTRIBUTES precedence, against the specification.
    let mut name = variables.get(SERVICE_NAME);
    if name.is_none() && !is_said("service.name") {
        name = variables.get("DD_SERVICE");
    }
    resource.extend(name.map(|name| KeyValue::new("service.name", name)));
    // The second is the former name of the first: Datadog's Agents up to 7.57 and other receivers know only that.
    const ENVIRONMENT: [&str; 2] = ["deployment.environment.name", "deployment.environment"];
    if !ENVIRONMENT.into_iter().any(is_said) {
        let name = variables.get("DD_ENV");
        resource.extend(name.into_iter().flat_map(|name| ENVIRONMENT.map(|key| KeyValue::new(key, name.clone()))));
    }
    if !is_said("service.version") {
        let version = variables.get("DD_VERSION");
        resource.extend(version.map(|version| KeyValue::new("service.version", version)));
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::tests::{environment, List};

    #[test]
    fn opentelemetrys_names_win_over_datadogs() {
        let attributes = |list| (RESOURCE_ATTRIBUTES, list);
        let table: &[(List<'_>, &str)] = &[
            (&[], ""),
            (&[("DD_SERVICE", "orders")], "service.name=orders"),
            (&[("DD_SERVICE", "orders"), (SERVICE_NAME, "shop")], "service.name=shop"),
            (&[("DD_SERVICE", "orders"), (SERVICE_NAME, "")], "service.name=orders"),
            (&[("DD_SERVICE", "orders"), attributes("a=b%20c, service.name = shop")], "a=b c service.name=shop"),
            (
                &[("DD_SERVICE", "orders"), attributes("my.service.name=shop")],
                "my.service.name=shop service.name=orders",
            ),
            (&[("DD_ENV", "prod")], "deployment.environment.name=prod deployment.environment=prod"),
            (&[("DD_ENV", "prod"), attributes("deployment.environment.name=test")], "deployment.environment.name=test"),
            (&[("DD_ENV", "prod"), attributes("deployment.environment=test")], "deployment.environment=test"),
            (&[("DD_VERSION", "1.2")], "service.version=1.2"),
            (&[("DD_VERSION", "1.2"), attributes("service.version=3")], "service.version=3"),
            (
                &[("DD_SERVICE", "orders"), ("DD_ENV", "prod"), ("DD_VERSION", "1.2")],
                "service.name=orders deployment.environment.name=prod deployment.environment=prod service.version=1.2",
            ),
        ];
        for (list, expected) in table {
            let resource = resource(&mut Variables::new(environment(list)));
            let pairs = resource.iter().map(|pair| format!("{}={}", pair.key, pair.value));
            assert_eq!(pairs.collect::<Vec<_>>().join(" "), *expected, "{list:?}");
        }
    }
}
