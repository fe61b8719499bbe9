//! Where the spans go: protocol, URL, and how long that may take.

use std::fmt;
use std::time::Duration;

use http::uri::Scheme;
use http::Uri;

use super::error::Error;
use crate::env::{boolean, Lookup, Variables};

const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const TRACES_INSECURE: &str = "OTEL_EXPORTER_OTLP_TRACES_INSECURE";
const INSECURE: &str = "OTEL_EXPORTER_OTLP_INSECURE";
const TRACES_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";

/// What the specification of OTLP's exporters says.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: Uri,
    /// For a batch: all services, with all retries.
    pub(crate) timeout: Duration,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    HttpProtobuf,
    Grpc,
}

impl Destination {
    pub(crate) fn from_variables(variables: &mut Variables<impl Lookup>) -> Result<Self, Error> {
        let protocol = match variables.first_set([TRACES_PROTOCOL, PROTOCOL]) {
            Some((variable, found)) => Protocol::parse(&found).ok_or(Error::UnknownProtocol { variable, found })?,
            None => Protocol::HttpProtobuf,
        };
        let insecure = variables.first_set([TRACES_INSECURE, INSECURE]);
        let insecure = variables.parse(insecure, "true or false", boolean);
        let timeout = variables.first_set([TRACES_TIMEOUT, TIMEOUT]);
        let timeout = variables.parse(timeout, "a number of milliseconds", milliseconds);

        let (variable, found) = variables
            .first_set([TRACES_ENDPOINT, ENDPOINT])
            .unwrap_or_else(|| (ENDPOINT, protocol.default_endpoint().to_owned()));
        let url = match protocol {
            Protocol::HttpProtobuf if variable == TRACES_ENDPOINT => found.clone(),
            Protocol::HttpProtobuf => format!("{}/v1/traces", found.trim_end_matches('/')),
            Protocol::Grpc if found.contains("://") => found.clone(),
            Protocol::Grpc if insecure == Some(true) => format!("http://{found}"),
            Protocol::Grpc => format!("https://{found}"),
        };
        Ok(Self {
            protocol,
            endpoint: parse_url(&url).ok_or(Error::InvalidEndpoint { variable, found })?,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
        })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.endpoint.scheme() == Some(&Scheme::HTTPS)
    }
}

impl Protocol {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "http/protobuf" => Some(Self::HttpProtobuf),
            "grpc" => Some(Self::Grpc),
            _ => None,
        }
    }

    fn default_endpoint(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http://localhost:4318",
            Self::Grpc => "http://localhost:4317",
        }
    }
}

fn parse_url(text: &str) -> Option<Uri> {
    let url: Uri = text.parse().ok()?;
    let is_http = url.scheme() == Some(&Scheme::HTTP) || url.scheme() == Some(&Scheme::HTTPS);
    (is_http && !url.host()?.is_empty()).then_some(url)
}

/// No time at all would be no export at all.
fn milliseconds(text: &str) -> Option<Duration> {
    let milliseconds = text.parse().ok().filter(|number| *number > 0)?;
    Some(Duration::from_millis(milliseconds))
}

/// For the log: without user and password, which a URL may have.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.endpoint.scheme_str().unwrap_or_default();
        write!(f, "{scheme}://{}", self.endpoint.host().unwrap_or_default())?;
        if let Some(port) = self.endpoint.port() {
            write!(f, ":{port}")?;
        }
        let protocol = match self.protocol {
            Protocol::HttpProtobuf => "http/protobuf",
            Protocol::Grpc => "grpc",
        };
        write!(f, " ({protocol})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::tests::{environment, List};
    use crate::env::Variables;

    fn destination(list: List<'_>) -> Result<Destination, Error> {
        Destination::from_variables(&mut Variables::new(environment(list)))
    }

    #[test]
    fn protocol_and_endpoint_are_as_the_specification_says() {
        let (http, grpc) = ((PROTOCOL, "http/protobuf"), (PROTOCOL, "grpc"));
        let table: &[(List<'_>, &str)] = &[
            (&[], "HttpProtobuf http://localhost:4318/v1/traces"),
            (&[http], "HttpProtobuf http://localhost:4318/v1/traces"),
            (&[grpc], "Grpc http://localhost:4317/"),
            (&[(PROTOCOL, " GRPC ")], "Grpc http://localhost:4317/"),
            (&[(PROTOCOL, "")], "HttpProtobuf http://localhost:4318/v1/traces"),
            (&[grpc, (TRACES_PROTOCOL, "http/protobuf")], "HttpProtobuf http://localhost:4318/v1/traces"),
            (&[grpc, (TRACES_PROTOCOL, "")], "Grpc http://localhost:4317/"),
            (&[(ENDPOINT, "http://c.example:1")], "HttpProtobuf http://c.example:1/v1/traces"),
            (&[(ENDPOINT, "https://c.example/otlp/")], "HttpProtobuf https://c.example/otlp/v1/traces"),
            (
                &[(TRACES_ENDPOINT, "http://c.example/spans"), (ENDPOINT, "http://no.example")],
                "HttpProtobuf http://c.example/spans",
            ),
            (&[grpc, (ENDPOINT, "http://c.example:1")], "Grpc http://c.example:1/"),
            (
                &[grpc, (TRACES_ENDPOINT, "http://c.example:1"), (ENDPOINT, "http://no.example")],
                "Grpc http://c.example:1/",
            ),
            (&[grpc, (ENDPOINT, "c.example:1")], "Grpc https://c.example:1/"),
            (&[grpc, (ENDPOINT, "c.example:1"), (INSECURE, "True")], "Grpc http://c.example:1/"),
            (
                &[grpc, (ENDPOINT, "c.example:1"), (INSECURE, "true"), (TRACES_INSECURE, "false")],
                "Grpc https://c.example:1/",
            ),
            (&[grpc, (ENDPOINT, "https://c.example:1"), (INSECURE, "true")], "Grpc https://c.example:1/"),
            (&[(ENDPOINT, "http://[::1]:4318")], "HttpProtobuf http://[::1]:4318/v1/traces"),
        ];
        for (list, expected) in table {
            let destination = destination(list).expect("a destination");
            let found = format!("{:?} {}", destination.protocol, destination.endpoint);
            assert_eq!(found, *expected, "{list:?}");
        }
    }

    #[test]
    fn what_could_not_arrive_is_an_error_that_says_what_to_set() {
        let table: &[(List<'_>, &str)] = &[
            (
                &[(PROTOCOL, "http/json")],
                "environment variable OTEL_EXPORTER_OTLP_PROTOCOL should be http/protobuf or grpc, found \"http/json\"",
            ),
            (
                &[(PROTOCOL, "grpc"), (TRACES_PROTOCOL, "tcp")],
                "environment variable OTEL_EXPORTER_OTLP_TRACES_PROTOCOL should be http/protobuf or grpc, found \"tcp\"",
            ),
            (
                &[(ENDPOINT, "localhost:4318")],
                "environment variable OTEL_EXPORTER_OTLP_ENDPOINT should be a URL such as http://localhost:4318, \
                 found \"localhost:4318\"",
            ),
            (
                &[(TRACES_ENDPOINT, "unix:///run/otlp")],
                "environment variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT should be a URL such as \
                 http://localhost:4318, found \"unix:///run/otlp\"",
            ),
            (
                &[(ENDPOINT, "http://")],
                "environment variable OTEL_EXPORTER_OTLP_ENDPOINT should be a URL such as http://localhost:4318, \
                 found \"http://\"",
            ),
        ];
        for (list, expected) in table {
            let error = destination(list).expect_err("no destination");
            assert_eq!(error.to_string(), *expected, "{list:?}");
        }
    }

    #[test]
    fn a_timeout_is_in_milliseconds_and_not_nothing() {
        let table: &[(List<'_>, u64, usize)] = &[
            (&[], 10_000, 0),
            (&[(TIMEOUT, "2500")], 2_500, 0),
            (&[(TIMEOUT, "2500"), (TRACES_TIMEOUT, "100")], 100, 0),
            (&[(TIMEOUT, "0")], 10_000, 1),
            (&[(TIMEOUT, "-1")], 10_000, 1),
            (&[(TIMEOUT, "3s")], 10_000, 1),
        ];
        for (list, expected, invalid) in table {
            let mut variables = Variables::new(environment(list));
            let destination = Destination::from_variables(&mut variables).expect("a destination");
            assert_eq!(destination.timeout, Duration::from_millis(*expected), "{list:?}");
            assert_eq!(variables.into_invalid().len(), *invalid, "{list:?}");
        }
    }

    #[test]
    fn the_log_names_the_receiver_without_its_password() {
        let list = [(ENDPOINT, "https://me:secret@c.example:1/otlp")];
        let destination = destination(&list).expect("a destination");
        assert_eq!(destination.to_string(), "https://c.example:1 (http/protobuf)");
    }
}
