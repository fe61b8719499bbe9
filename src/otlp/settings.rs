//! What the environment says of the pipeline.

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::Sampler;

use super::destination::Destination;
use super::error::Error;
use crate::env::{boolean, InvalidVariable, Lookup, Variables};

const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";
const PROPAGATORS: &str = "OTEL_PROPAGATORS";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

#[derive(Debug)]
pub(crate) struct Settings {
    /// `None` if no spans are wanted.
    pub(crate) destination: Option<Destination>,
    pub(crate) sampler: Sampler,
    /// Each at most once.
    pub(crate) propagators: Vec<Propagator>,
    /// What is said of the application beyond what the SDK reads by itself.
    pub(crate) resource: Vec<KeyValue>,
    pub(crate) invalid: Vec<InvalidVariable>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Propagator {
    TraceContext,
    Baggage,
}

impl Settings {
    pub(crate) fn from_lookup(lookup: impl Lookup) -> Result<Self, Error> {
        let mut variables = Variables::new(lookup);
        let destination =
            if wants_spans(&mut variables)? { Some(Destination::from_variables(&mut variables)?) } else { None };
        Ok(Self {
            destination,
            sampler: sampler(&mut variables),
            propagators: propagators(&variables)?,
            resource: resource(&variables),
            invalid: variables.into_invalid(),
        })
    }
}

fn wants_spans(variables: &mut Variables<impl Lookup>) -> Result<bool, Error> {
    let exports = match variables.get(EXPORTER) {
        Some(found) => match found.to_ascii_lowercase().as_str() {
            "otlp" => true,
            "none" => false,
            _ => return Err(Error::UnknownExporter { found }),
        },
        None => true,
    };
    let disabled = variables.parse(variables.first_set([SDK_DISABLED]), "true or false", boolean);
    Ok(exports && disabled != Some(true))
}

fn sampler(variables: &mut Variables<impl Lookup>) -> Sampler {
    let ratio = variables.first_set([SAMPLER_ARG]);
    let ratio = variables
        .parse(ratio, "a number from 0 to 1", |text| text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio)));
    let parse = |name: &str| {
        let name = name.to_ascii_lowercase();
        let base = name.strip_prefix("parentbased_");
        let sampler = match base.unwrap_or(&name) {
            "always_on" => Sampler::AlwaysOn,
            "always_off" => Sampler::AlwaysOff,
            "traceidratio" => Sampler::TraceIdRatioBased(ratio.unwrap_or(1.0)),
            _ => return None,
        };
        Some(match base {
            Some(_) => Sampler::ParentBased(Box::new(sampler)),
            None => sampler,
        })
    };
    variables
        .parse(
            variables.first_set([SAMPLER]),
            "always_on, always_off, traceidratio, or one of them after parentbased_",
            parse,
        )
        .unwrap_or_else(|| Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
}

fn propagators(variables: &Variables<impl Lookup>) -> Result<Vec<Propagator>, Error> {
    let Some(list) = variables.get(PROPAGATORS) else {
        return Ok(vec![Propagator::TraceContext, Propagator::Baggage]);
    };
    let mut propagators = Vec::new();
    for name in list.split(',').map(str::trim) {
        let propagator = match name.to_ascii_lowercase().as_str() {
            "tracecontext" => Propagator::TraceContext,
            "baggage" => Propagator::Baggage,
            "none" | "" => continue,
            _ => return Err(Error::UnknownPropagator { found: name.to_owned() }),
        };
        if !propagators.contains(&propagator) {
            propagators.push(propagator);
        }
    }
    Ok(propagators)
}

/// Datadog's variables count where OpenTelemetry's say nothing.
fn resource(variables: &Variables<impl Lookup>) -> Vec<KeyValue> {
    let attributes = variables.get(RESOURCE_ATTRIBUTES).unwrap_or_default();
    let is_said = |key: &str| {
        let mut pairs = attributes.split(',').filter_map(|pair| pair.split_once('='));
        pairs.any(|(said, _)| said.trim() == key)
    };
    let mut resource = Vec::new();
    // The SDK reads this one too, but lets OTEL_RESOURCE_ATTRIBUTES win over it, against the specification.
    let mut name = variables.get(SERVICE_NAME);
    if name.is_none() && !is_said("service.name") {
        name = variables.get("DD_SERVICE");
    }
    resource.extend(name.map(|name| KeyValue::new("service.name", name)));
    // The second is what the first was called before: Datadog's Agents up to 7.57 and other receivers know only that.
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

    fn settings(list: List<'_>) -> Result<Settings, Error> {
        Settings::from_lookup(environment(list))
    }

    #[test]
    fn opentelemetrys_names_win_over_datadogs() {
        let attributes = |list| (RESOURCE_ATTRIBUTES, list);
        let table: &[(List<'_>, &str)] = &[
            (&[], ""),
            (&[("DD_SERVICE", "orders")], "service.name=orders"),
            (&[("DD_SERVICE", "orders"), (SERVICE_NAME, "shop")], "service.name=shop"),
            (&[("DD_SERVICE", "orders"), (SERVICE_NAME, "")], "service.name=orders"),
            (&[("DD_SERVICE", "orders"), attributes("a=b, service.name = shop")], ""),
            (&[("DD_SERVICE", "orders"), attributes("my.service.name=shop")], "service.name=orders"),
            (&[("DD_ENV", "prod")], "deployment.environment.name=prod deployment.environment=prod"),
            (&[("DD_ENV", "prod"), attributes("deployment.environment.name=test")], ""),
            (&[("DD_ENV", "prod"), attributes("deployment.environment=test")], ""),
            (&[("DD_VERSION", "1.2")], "service.version=1.2"),
            (&[("DD_VERSION", "1.2"), attributes("service.version=3")], ""),
            (
                &[("DD_SERVICE", "orders"), ("DD_ENV", "prod"), ("DD_VERSION", "1.2")],
                "service.name=orders deployment.environment.name=prod deployment.environment=prod service.version=1.2",
            ),
        ];
        for (list, expected) in table {
            let resource = settings(list).expect("settings").resource;
            let pairs = resource.iter().map(|pair| format!("{}={}", pair.key, pair.value));
            assert_eq!(pairs.collect::<Vec<_>>().join(" "), *expected, "{list:?}");
        }
    }

    #[test]
    fn sampler_is_the_one_that_is_named_and_a_bad_name_is_invalid() {
        let default = "ParentBased(AlwaysOn)";
        let table: &[(List<'_>, &str, &[&str])] = &[
            (&[], default, &[]),
            (&[(SAMPLER, "always_on")], "AlwaysOn", &[]),
            (&[(SAMPLER, "ALWAYS_OFF")], "AlwaysOff", &[]),
            (&[(SAMPLER, "traceidratio")], "TraceIdRatioBased(1.0)", &[]),
            (&[(SAMPLER, "traceidratio"), (SAMPLER_ARG, "0.25")], "TraceIdRatioBased(0.25)", &[]),
            (&[(SAMPLER, "parentbased_always_off")], "ParentBased(AlwaysOff)", &[]),
            (&[(SAMPLER, "parentbased_always_on")], default, &[]),
            (&[(SAMPLER, "parentbased_traceidratio"), (SAMPLER_ARG, "0")], "ParentBased(TraceIdRatioBased(0.0))", &[]),
            (&[(SAMPLER, "traceidratio"), (SAMPLER_ARG, "2")], "TraceIdRatioBased(1.0)", &[SAMPLER_ARG]),
            (&[(SAMPLER, "traceidratio"), (SAMPLER_ARG, "NaN")], "TraceIdRatioBased(1.0)", &[SAMPLER_ARG]),
            (&[(SAMPLER, "traceidratio"), (SAMPLER_ARG, "5%")], "TraceIdRatioBased(1.0)", &[SAMPLER_ARG]),
            (&[(SAMPLER, "parentbased_jaeger_remote")], default, &[SAMPLER]),
            (&[(SAMPLER, "parentbased_")], default, &[SAMPLER]),
            (&[(SAMPLER, "xray")], default, &[SAMPLER]),
        ];
        for (list, expected, invalid) in table {
            let settings = settings(list).expect("settings");
            assert_eq!(format!("{:?}", settings.sampler), *expected, "{list:?}");
            let found: Vec<_> = settings.invalid.iter().map(|invalid| invalid.variable).collect();
            assert_eq!(found, *invalid, "{list:?}");
        }
    }

    #[test]
    fn propagators_are_those_that_are_named() {
        use Propagator::{Baggage, TraceContext};

        let table: &[(&str, &[Propagator])] = &[
            ("", &[TraceContext, Baggage]),
            ("tracecontext,baggage", &[TraceContext, Baggage]),
            (" baggage , TraceContext, baggage,", &[Baggage, TraceContext]),
            ("tracecontext", &[TraceContext]),
            ("none", &[]),
        ];
        for (list, expected) in table {
            let settings = settings(&[(PROPAGATORS, list)]).expect("settings");
            assert_eq!(settings.propagators, *expected, "{list:?}");
        }
        let error = settings(&[(PROPAGATORS, "tracecontext,b3")]).expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "environment variable OTEL_PROPAGATORS should be a list of tracecontext and baggage, or none, found \"b3\""
        );
    }

    #[test]
    fn spans_are_made_unless_someone_says_no() {
        let table: &[(List<'_>, bool)] = &[
            (&[], true),
            (&[(SDK_DISABLED, "false")], true),
            (&[(SDK_DISABLED, "True")], false),
            (&[(SDK_DISABLED, "1")], true),
            (&[(EXPORTER, "otlp")], true),
            (&[(EXPORTER, "none")], false),
            (&[(EXPORTER, "none"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier pigeon")], false),
        ];
        for (list, expected) in table {
            let settings = settings(list).expect("settings");
            assert_eq!(settings.destination.is_some(), *expected, "{list:?}");
        }
        let error = settings(&[(EXPORTER, "console")]).expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "environment variable OTEL_TRACES_EXPORTER should be otlp or none, found \"console\""
        );
    }
}
