//! The signals, spans and metrics: each has its own variables and path.

use std::fmt;

/// The names of a variable, for one signal alone and for all signals: the first one that is set counts.
macro_rules! variable {
    ($signal:expr, $name:literal) => {
        match $signal {
            Signal::Traces => [concat!("OTEL_EXPORTER_OTLP_TRACES_", $name), concat!("OTEL_EXPORTER_OTLP_", $name)],
            Signal::Metrics => [concat!("OTEL_EXPORTER_OTLP_METRICS_", $name), concat!("OTEL_EXPORTER_OTLP_", $name)],
        }
    };
}

pub(super) use variable;

/// A signal. Each can have a separate destination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
}

impl Signal {
    /// The path that OTLP over HTTP appends to the endpoint for all signals.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Traces => "/v1/traces",
            Self::Metrics => "/v1/metrics",
        }
    }

    pub(super) fn endpoints(self) -> [&'static str; 2] {
        variable!(self, "ENDPOINT")
    }
}

/// For the log.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Traces => "spans",
            Self::Metrics => "metrics",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::tests::{environment, List};
    use crate::env::Variables;
    use crate::otlp::destination::Destination;

    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const METRICS_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
    const METRICS_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL";

    #[test]
    fn metrics_have_variables_and_a_path_of_their_own() {
        let table: &[(List<'_>, &str)] = &[
            (&[], "http://localhost:4318/v1/metrics"),
            (&[(ENDPOINT, "http://c.example/otlp?token=x")], "http://c.example/otlp/v1/metrics?token=x"),
            (&[(ENDPOINT, "http://no.example"), (METRICS_ENDPOINT, "http://c.example/m")], "http://c.example/m"),
            (&[(TRACES_ENDPOINT, "http://no.example")], "http://localhost:4318/v1/metrics"),
            (&[(TRACES_PROTOCOL, "grpc")], "http://localhost:4318/v1/metrics"),
            (&[(METRICS_PROTOCOL, "grpc")], "http://localhost:4317/"),
        ];
        for (list, expected) in table {
            let mut variables = Variables::new(environment(list));
            let destination = Destination::from_variables(Signal::Metrics, &mut variables).expect("a destination");
            assert_eq!(destination.endpoint.to_string(), *expected, "{list:?}");
        }
    }
}
