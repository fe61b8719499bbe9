//! Why a pipeline or an exporter can't be made.

use std::error::Error as StdError;
use std::{fmt, io};

/// Why a pipeline or an exporter can't be made, and which variable to correct.
///
/// `Display` leaves the cause to [`source`](StdError::source). `Debug` adds it, in words, because `Debug` is what a
/// `main` that returns an error prints.
#[non_exhaustive]
pub enum Error {
    /// The variable of an endpoint holds no URL.
    #[non_exhaustive]
    InvalidEndpoint {
        /// The variable's name.
        variable: &'static str,
        /// Its value, without user and password.
        found: String,
    },
    /// A PEM file can't be read, or holds no certificate or key.
    #[non_exhaustive]
    Pem {
        /// The name of the variable that names the file.
        variable: &'static str,
        /// The file's path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There are no root certificates to check an `https` endpoint with.
    Certificates(Box<dyn StdError + Send + Sync>),
    /// The OTLP exporter rejects its configuration.
    Exporter(Box<dyn StdError + Send + Sync>),
    /// The exporter's thread can't be started.
    Runtime(io::Error),
    /// A global subscriber of `tracing` is set already.
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
            Self::Certificates(_) => f.write_str(
                "no root certificates to check an https endpoint with: install the system's, or set \
                 OTEL_EXPORTER_OTLP_CERTIFICATE or SSL_CERT_FILE to a file of them",
            ),
            Self::Exporter(_) => f.write_str("the OTLP exporter can't be made"),
            Self::Runtime(_) => f.write_str("the exporter's thread can't be started"),
            Self::SubscriberIsSet => f.write_str(
                "a global subscriber of tracing is set already: leave that to otlp::init(), or keep yours and add \
                 an otlp::Exporter to a tracer provider of your own",
            ),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Certificates(error) => Some(&**error),
            Self::Exporter(error) => Some(&**error),
            Self::Runtime(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_adds_the_cause_that_display_leaves_to_source() {
        let error = Error::Runtime(io::Error::other("too many threads"));
        assert_eq!(error.to_string(), "the exporter's thread can't be started");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("too many threads"));
        assert_eq!(format!("{error:?}"), "the exporter's thread can't be started: too many threads");
    }
}
