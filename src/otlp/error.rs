//! Why there is no pipeline.

use std::error::Error as StdError;
use std::{fmt, io};

use opentelemetry_otlp::ExporterBuildError;

/// Why there is no pipeline, and what to set so that there is one.
///
/// `Debug` says the same as `Display`, because that is what `main` prints of it.
#[non_exhaustive]
pub enum Error {
    /// A variable should be a receiver's URL, and isn't.
    InvalidEndpoint {
        /// The variable's name.
        variable: &'static str,
        /// Its value, without user and password.
        found: String,
    },
    /// A PEM file can't be read, or has nothing of its kind in it.
    Pem {
        /// The name of the variable that names the file.
        variable: &'static str,
        /// The file's path.
        path: String,
        /// What is wrong with it.
        reason: String,
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
            Self::InvalidEndpoint { variable, found } => write!(
                f,
                "environment variable {variable} should be a URL such as http://localhost:4318, found {found:?}"
            ),
            Self::Pem { variable, path, reason } => {
                write!(f, "environment variable {variable} should be the path of a PEM file: {path:?} {reason}")
            }
            Self::Certificates(error) => write!(
                f,
                "no root certificates to check an https endpoint with: {error}; install the system's, or set \
                 OTEL_EXPORTER_OTLP_CERTIFICATE or SSL_CERT_FILE to a file of them"
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

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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
