//! Why there is no pipeline.

use std::error::Error as StdError;
use std::{fmt, io};

use opentelemetry_otlp::ExporterBuildError;

/// Why there is no pipeline, and what to set so that there is one.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A variable names a protocol that isn't known.
    UnknownProtocol {
        /// The variable's name.
        variable: &'static str,
        /// Its value.
        found: String,
    },
    /// A variable should be a receiver's URL, and isn't.
    InvalidEndpoint {
        /// The variable's name.
        variable: &'static str,
        /// Its value.
        found: String,
    },
    /// `OTEL_TRACES_EXPORTER` names an exporter that isn't known.
    UnknownExporter {
        /// The variable's value.
        found: String,
    },
    /// `OTEL_PROPAGATORS` names a propagator that isn't known.
    UnknownPropagator {
        /// The propagator's name.
        found: String,
    },
    /// The receiver can't be trusted, because there are no root certificates.
    Certificates(Box<dyn StdError + Send + Sync>),
    /// The exporter refuses its configuration.
    Exporter(ExporterBuildError),
    /// The exporter's thread can't be started.
    Runtime(io::Error),
    /// The process has a global subscriber of `tracing` already.
    SubscriberIsSet,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProtocol { variable, found } => {
                write!(f, "environment variable {variable} should be http/protobuf or grpc, found {found:?}")
            }
            Self::InvalidEndpoint { variable, found } => write!(
                f,
                "environment variable {variable} should be a URL such as http://localhost:4318, found {found:?}"
            ),
            Self::UnknownExporter { found } => {
                write!(f, "environment variable OTEL_TRACES_EXPORTER should be otlp or none, found {found:?}")
            }
            Self::UnknownPropagator { found } => write!(
                f,
                "environment variable OTEL_PROPAGATORS should be a list of tracecontext and baggage, or none, \
                 found {found:?}"
            ),
            Self::Certificates(error) => write!(
                f,
                "no root certificates to check an https endpoint with: {error}; install the system's, or set \
                 SSL_CERT_FILE to a file of them"
            ),
            Self::Exporter(error) => write!(f, "the OTLP exporter can't be made: {error}"),
            Self::Runtime(error) => write!(f, "the exporter's thread can't be started: {error}"),
            Self::SubscriberIsSet => f.write_str(
                "a global subscriber of tracing is set already: leave that to otlp::init(), or keep yours and add \
                 an otlp::Exporter to a tracer provider of your own",
            ),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Certificates(error) => Some(&**error),
            Self::Exporter(error) => Some(error),
            Self::Runtime(error) => Some(error),
            _ => None,
        }
    }
}
