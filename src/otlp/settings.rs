//! The pipeline's settings, read from the environment.

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::Sampler;

use super::destination::{milliseconds, Destination};
use super::error::Error;
use super::names::names;
use super::outlets::Outlets;
use super::propagation::Propagator;
use super::resource::resource;
use super::signal::Signal;
use crate::env::{boolean, InvalidVariable, Lookup, Variables};

pub(super) const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
const METRIC_INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";
const PROPAGATORS: &str = "OTEL_PROPAGATORS";
const SERVICE_GRAPH: &str = "APIGATEWAY_INFERRED_SPAN_SERVICE_GRAPH";

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) spans: Outlets,
    pub(crate) metrics: Outlets,
    pub(crate) service_graph: bool,
    pub(crate) sampler: Sampler,
    /// Each at most once.
    pub(crate) propagators: Vec<Propagator>,
    /// Attributes of the application's `Resource` that the SDK doesn't read itself.
    pub(crate) resource: Vec<KeyValue>,
    pub(super) invalid: Vec<InvalidVariable>,
}

impl Settings {
    pub(crate) fn from_lookup(lookup: impl Lookup) -> Result<Self, Error> {
        let mut variables = Variables::new(lookup);
        let disabled = variables.parse(variables.first_set([SDK_DISABLED]), "true or false", boolean);
        let is_off = disabled == Some(true);
        // Only validated here, because the SDK, which uses it, ignores an invalid value without a warning.
        let interval = variables.first_set([METRIC_INTERVAL]);
        variables.parse(interval, "a number of milliseconds", milliseconds);
        let spans = Outlets::from_variables(Signal::Traces, &mut variables, is_off)?;
        Ok(Self {
            service_graph: spans.destination.is_some() && service_graph(&mut variables),
            spans,
            metrics: Outlets::from_variables(Signal::Metrics, &mut variables, is_off)?,
            sampler: sampler(&mut variables),
            propagators: propagators(&mut variables),
            resource: resource(&mut variables),
            invalid: variables.into_invalid(),
        })
    }

    /// Logs where spans and metrics are sent, and which values were ignored.
    pub(crate) fn say(&self) {
        for invalid in &self.invalid {
            invalid.warn();
        }
        for (what, outlets) in [("spans", &self.spans), ("metrics", &self.metrics)] {
            if outlets.is_none() {
                tracing::info!("{what} are not sent, as the environment says");
            }
        }
        Destination::say([&self.spans, &self.metrics].into_iter().filter_map(|outlets| outlets.destination.as_ref()));
    }
}

/// Whether service graphs show an edge from the gateway to the application, unless the program sets it.
pub(super) fn service_graph(variables: &mut Variables<impl Lookup>) -> bool {
    variables.parse(variables.first_set([SERVICE_GRAPH]), "true or false", boolean).unwrap_or_default()
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

fn propagators(variables: &mut Variables<impl Lookup>) -> Vec<Propagator> {
    let names = names(variables, PROPAGATORS, Propagator::EXPECTED, &Propagator::NAMES);
    names.unwrap_or_else(|| vec![Propagator::TraceContext, Propagator::Baggage])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::tests::{environment, List};

    fn settings(list: List<'_>) -> Result<Settings, Error> {
        Settings::from_lookup(environment(list))
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
    fn service_graph_is_off_unless_spans_are_sent_and_it_is_on() {
        let table: &[(List<'_>, bool, usize)] = &[
            (&[], false, 0),
            (&[(SERVICE_GRAPH, "true")], true, 0),
            (&[(SERVICE_GRAPH, " TRUE ")], true, 0),
            (&[(SERVICE_GRAPH, "false")], false, 0),
            (&[(SERVICE_GRAPH, "")], false, 0),
            (&[(SERVICE_GRAPH, "on")], false, 1),
            (&[(SERVICE_GRAPH, "true"), (SDK_DISABLED, "true")], false, 0),
            // Nobody looks at it.
            (&[(SERVICE_GRAPH, "on"), ("OTEL_TRACES_EXPORTER", "console")], false, 0),
        ];
        for (list, expected, invalid) in table {
            let settings = settings(list).expect("settings");
            assert_eq!((settings.service_graph, settings.invalid.len()), (*expected, *invalid), "{list:?}");
        }
    }

    #[test]
    fn propagators_are_those_that_are_named() {
        use Propagator::{B3Multi, Baggage, Datadog, TraceContext, XRay, B3};

        let table: &[(&str, &[Propagator])] = &[
            ("", &[TraceContext, Baggage]),
            ("tracecontext,baggage", &[TraceContext, Baggage]),
            (" baggage , TraceContext, baggage,", &[Baggage, TraceContext]),
            ("tracecontext", &[TraceContext]),
            ("b3,b3multi,xray,Datadog", &[B3, B3Multi, XRay, Datadog]),
            ("none", &[]),
        ];
        for (list, expected) in table {
            let settings = settings(&[(PROPAGATORS, list)]).expect("settings");
            assert_eq!(settings.propagators, *expected, "{list:?}");
        }
        let settings = settings(&[(PROPAGATORS, "jaeger,tracecontext")]).expect("settings");
        assert_eq!((&settings.propagators[..], settings.invalid.len()), (&[TraceContext][..], 1));
    }
}
