//! The exporters of spans and metrics: OTLP, standard output, both or none.

use super::destination::Destination;
use super::error::Error;
use super::names::names;
use super::signal::Signal;
use crate::env::{Lookup, Variables};

const TRACES_EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const METRICS_EXPORTER: &str = "OTEL_METRICS_EXPORTER";

/// The exporters of spans or of metrics.
#[derive(Debug)]
pub(crate) struct Outlets {
    /// `None` if there is no OTLP exporter.
    pub(crate) destination: Option<Destination>,
    /// Whether they are written to standard output.
    pub(crate) console: bool,
}

impl Outlets {
    pub(super) fn from_variables(
        signal: Signal,
        variables: &mut Variables<impl Lookup>,
        is_off: bool,
    ) -> Result<Self, Error> {
        // If the SDK is disabled, the variables of the destination aren't read, so that they can't be invalid.
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
enum Exporter {
    Otlp,
    Console,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::tests::{environment, List};
    use crate::otlp::settings::{Settings, SDK_DISABLED};

    fn settings(list: List<'_>) -> Result<Settings, Error> {
        Settings::from_lookup(environment(list))
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
