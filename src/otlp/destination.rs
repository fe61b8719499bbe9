//! The receiver of spans or metrics: protocol, URL, headers, certificates and time limit.

use std::fmt;
use std::time::Duration;

use http::uri::Scheme;
use http::Uri;

use super::endpoint;
use super::error::Error;
use super::pairs::pairs;
use super::signal::{variable, Signal};
use super::tls::{Certificates, PemFile};
use super::transport::Compression;
use crate::env::{boolean, Lookup, Variables};

/// The default of the specification of OTLP exporters.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Destination {
    pub(crate) signal: Signal,
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: Uri,
    /// Names and values, which may be keys.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) compression: Compression,
    pub(crate) certificates: Certificates,
    /// For one attempt to connect or to export.
    pub(crate) timeout: Duration,
    /// Warnings about settings that are probably mistakes.
    pub(crate) doubts: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Protocol {
    HttpProtobuf,
    Grpc,
}

impl Destination {
    pub(crate) fn from_variables(signal: Signal, variables: &mut Variables<impl Lookup>) -> Result<Self, Error> {
        let protocol = variables.first_set(variable!(signal, "PROTOCOL"));
        let protocol = variables.parse(protocol, "http/protobuf or grpc", Protocol::parse);
        let protocol = protocol.unwrap_or(Protocol::HttpProtobuf);
        let insecure = variables.first_set(variable!(signal, "INSECURE"));
        let insecure = variables.parse(insecure, "true or false", boolean) == Some(true);
        let timeout = variables.first_set(variable!(signal, "TIMEOUT"));
        let timeout = variables.parse(timeout, "a number of milliseconds", milliseconds);
        let compression = variables.first_set(variable!(signal, "COMPRESSION"));
        let compression = variables.parse(compression, "gzip or none", Compression::parse);
        let headers = variables.first_set(variable!(signal, "HEADERS"));
        let headers = headers.map_or_else(Vec::new, |(variable, list)| pairs(variables, variable, &list));
        let pem = |names| {
            let file: Option<(&'static str, String)> = variables.first_set(names);
            file.map(|(variable, path)| PemFile { variable, path })
        };
        let certificates = Certificates {
            roots: pem(variable!(signal, "CERTIFICATE")),
            client: pem(variable!(signal, "CLIENT_CERTIFICATE")),
            client_key: pem(variable!(signal, "CLIENT_KEY")),
        };
        let (endpoint, doubts) = endpoint::from_variables(signal, variables, protocol, insecure)?;
        Ok(Self {
            signal,
            protocol,
            endpoint,
            headers,
            compression: compression.unwrap_or(Compression::None),
            certificates,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            doubts,
        })
    }

    /// Logs where spans and metrics are sent, and the doubts: once, even if they concern both.
    pub(crate) fn say<'a>(destinations: impl IntoIterator<Item = &'a Self>) {
        let mut said = Vec::new();
        for destination in destinations {
            tracing::info!("{} go to {destination}", destination.signal);
            for doubt in destination.doubts.iter().filter(|doubt| !said.contains(doubt)).collect::<Vec<_>>() {
                tracing::warn!("{doubt}");
                said.push(doubt);
            }
        }
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
}

/// Zero is invalid: every export would time out.
pub(super) fn milliseconds(text: &str) -> Option<Duration> {
    let milliseconds = text.parse().ok().filter(|number| *number > 0)?;
    Some(Duration::from_millis(milliseconds))
}

/// For the log and for errors: without user, password and query, which may be keys.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.endpoint.scheme_str().unwrap_or_default();
        write!(f, "{scheme}://{}", self.endpoint.host().unwrap_or_default())?;
        if let Some(port) = self.endpoint.port() {
            write!(f, ":{port}")?;
        }
        match self.protocol {
            Protocol::HttpProtobuf => write!(f, "{} (http/protobuf)", self.endpoint.path()),
            Protocol::Grpc => f.write_str(" (grpc)"),
        }
    }
}

/// Like [`Display`](fmt::Display), without anything that may be a key.
impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Destination({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::tests::{environment, List};
    use crate::env::Variables;

    const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
    const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
    const INSECURE: &str = "OTEL_EXPORTER_OTLP_INSECURE";
    const TRACES_INSECURE: &str = "OTEL_EXPORTER_OTLP_TRACES_INSECURE";
    const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
    const TRACES_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";

    fn destination(list: List<'_>) -> Result<Destination, Error> {
        Destination::from_variables(Signal::Traces, &mut Variables::new(environment(list)))
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
            let destination = Destination::from_variables(Signal::Traces, &mut variables).expect("a destination");
            assert_eq!(destination.timeout, Duration::from_millis(*expected), "{list:?}");
            assert_eq!(variables.into_invalid().len(), *invalid, "{list:?}");
        }
    }

    #[test]
    fn the_log_names_the_receiver_without_its_password() {
        let list = [(ENDPOINT, "https://me:secret@c.example:1/otlp")];
        let destination = destination(&list).expect("a destination");
        assert_eq!(destination.to_string(), "https://c.example:1/otlp/v1/traces (http/protobuf)");
    }
}
