//! What the environment says of the pipeline.

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::Sampler;

use super::destination::{Destination, Signal};
use super::error::Error;
use super::resource::resource;
use crate::env::{boolean, InvalidVariable, Lookup, Variables};

const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
const TRACES_EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const METRICS_EXPORTER: &str = "OTEL_METRICS_EXPORTER";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";
const PROPAGATORS: &str = "OTEL_PROPAGATORS";

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) spans: Outlets,
    pub(crate) metrics: Outlets,
    pub(crate) sampler: Sampler,
    /// Each at most once.
    pub(crate) propagators: Vec<Propagator>,
    /// What is said of the application beyond what the SDK reads by itself.
    pub(crate) resource: Vec<KeyValue>,
    invalid: Vec<InvalidVariable>,
}

/// Where spans, or metrics, go.
#[derive(Debug)]
pub(crate) struct Outlets {
    /// `None` if they are not to be sent.
    pub(crate) destination: Option<Destination>,
    /// Whether they are written to standard output.
    pub(crate) console: bool,
}

impl Outlets {
    fn from_variables(signal: Signal, variables: &mut Variables<impl Lookup>, is_off: bool) -> Result<Self, Error> {
        // What is off needs no destination, however wrong its variables are.
        let exporters = if is_off { Vec::new() } else { exporters(signal, variables) };
        let destination = match exporters.contains(&Exporter::Otlp) {
            true => Some(Destination::from_variables(signal, variables)?),
            false => None,
        };
        Ok(Self { destination, console: exporters.contains(&Exporter::Console) })
    }

    pub(crate) fn is_none(&self) -> bool {
        self.destination.is_none() && !self.console
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Propagator {
    TraceContext,
    Baggage,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Exporter {
    Otlp,
    Console,
}

impl Settings {
    pub(crate) fn from_lookup(lookup: impl Lookup) -> Result<Self, Error> {
        let mut variables = Variables::new(lookup);
        let disabled = variables.parse(variables.first_set([SDK_DISABLED]), "true or false", boolean);
        let is_off = disabled == Some(true);
        Ok(Self {
            spans: Outlets::from_variables(Signal::Traces, &mut variables, is_off)?,
            metrics: Outlets::from_variables(Signal::Metrics, &mut variables, is_off)?,
            sampler: sampler(&mut variables),
            propagators: propagators(&mut variables),
            resource: resource(&mut variables),
            invalid: variables.into_invalid(),
        })
    }

    /// Says where everything goes, and what was ignored.
    pub(crate) fn say(&self) {
        for invalid in &self.invalid {
            invalid.warn();
        }
        Destination::say([&self.spans, &self.metrics].into_iter().filter_map(|outlets| outlets.destination.as_ref()));
    }
}

/// The names of a list, each at most once. Those that aren't known are kept as invalid; `none` is no name. `None` if
/// nothing is left of the list that can be understood.
fn names<T: Copy + PartialEq>(
    variables: &mut Variables<impl Lookup>,
    variable: &'static str,
    expected: &'static str,
    known: &[(&str, T)],
) -> Option<Vec<T>> {
    let list = variables.get(variable)?;
    let (mut found, mut is_understood) = (Vec::new(), false);
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let item = known.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, item)| *item);
        is_understood |= item.is_some() || name.eq_ignore_ascii_case("none");
        match item {
            Some(item) if !found.contains(&item) => found.push(item),
            Some(_) => {}
            None if name.eq_ignore_ascii_case("none") => {}
            None => variables.ignore_part(variable, expected, name),
        }
    }
    is_understood.then_some(found)
}

fn exporters(signal: Signal, variables: &mut Variables<impl Lookup>) -> Vec<Exporter> {
    let variable = match signal {
        Signal::Traces => TRACES_EXPORTER,
        Signal::Metrics => METRICS_EXPORTER,
    };
    let known = [("otlp", Exporter::Otlp), ("console", Exporter::Console)];
    let names = names(variables, variable, "a list of otlp and console, or none", &known);
    names.unwrap_or_else(|| vec![Exporter::Otlp])
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
    let known = [("tracecontext", Propagator::TraceContext), ("baggage", Propagator::Baggage)];
    let names = names(variables, PROPAGATORS, "a list of tracecontext and baggage, or none", &known);
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
        let settings = settings(&[(PROPAGATORS, "b3,tracecontext")]).expect("settings");
        assert_eq!((&settings.propagators[..], settings.invalid.len()), (&[TraceContext][..], 1));
    }

    #[test]
    fn spans_are_made_unless_someone_says_no() {
        // Whether they are sent, whether they are written to standard output, and how many values are invalid.
        let table: &[(List<'_>, bool, bool, usize)] = &[
            (&[], true, false, 0),
            (&[(SDK_DISABLED, "false")], true, false, 0),
            (&[(SDK_DISABLED, "True")], false, false, 0),
            (&[(SDK_DISABLED, "1")], true, false, 1),
            (&[(TRACES_EXPORTER, "otlp")], true, false, 0),
            (&[(TRACES_EXPORTER, "none")], false, false, 0),
            (
                &[
                    (TRACES_EXPORTER, "none"),
                    (METRICS_EXPORTER, "none"),
                    ("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier pigeon"),
                ],
                false,
                false,
                0,
            ),
            (&[(TRACES_EXPORTER, "console")], false, true, 0),
            (&[(TRACES_EXPORTER, " Console, OTLP,")], true, true, 0),
            (&[(TRACES_EXPORTER, "zipkin,console")], false, true, 1),
            (&[(TRACES_EXPORTER, "zipkin")], true, false, 1),
            // What is off has no mistakes.
            (
                &[(SDK_DISABLED, "true"), (TRACES_EXPORTER, "zipkin"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "no")],
                false,
                false,
                0,
            ),
        ];
        for (list, is_sent, is_written, invalid) in table {
            let settings = settings(list).expect("settings");
            let spans = &settings.spans;
            assert_eq!((spans.destination.is_some(), spans.console), (*is_sent, *is_written), "{list:?}");
            assert_eq!(settings.invalid.len(), *invalid, "{list:?}");
        }
    }

    #[test]
    fn metrics_go_where_their_own_variables_say() {
        let table: &[(List<'_>, bool, bool)] = &[
            (&[], true, false),
            (&[(TRACES_EXPORTER, "none")], true, false),
            (&[(METRICS_EXPORTER, "none")], false, false),
            (&[(METRICS_EXPORTER, "otlp,console")], true, true),
            (&[(SDK_DISABLED, "true"), (METRICS_EXPORTER, "console")], false, false),
        ];
        for (list, is_sent, is_written) in table {
            let metrics = settings(list).expect("settings").metrics;
            assert_eq!((metrics.destination.is_some(), metrics.console), (*is_sent, *is_written), "{list:?}");
            assert_eq!(metrics.is_none(), !is_sent && !is_written, "{list:?}");
        }
        // What is about both is said once.
        let settings = settings(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]).expect("settings");
        assert_eq!(settings.invalid.len(), 1);
    }
}
