//! The receiver's URL.

use http::uri::Scheme;
use http::Uri;

use super::destination::Protocol;
use super::error::Error;
use super::signal::Signal;
use crate::env::{Lookup, Variables};

/// The URL, and warnings about what is probably a mistake.
pub(super) fn from_variables(
    signal: Signal,
    variables: &Variables<impl Lookup>,
    protocol: Protocol,
    insecure: bool,
) -> Result<(Uri, Vec<String>), Error> {
    let [of_signal, of_all] = signal.endpoints();
    let default = match protocol {
        Protocol::HttpProtobuf => "http://localhost:4318",
        Protocol::Grpc => "http://localhost:4317",
    };
    let (variable, found) = variables.first_set(signal.endpoints()).unwrap_or_else(|| (of_all, default.to_owned()));
    let url = match protocol {
        Protocol::HttpProtobuf if variable == of_signal => found.clone(),
        Protocol::HttpProtobuf => with_path(&found, signal.path()),
        Protocol::Grpc if found.contains("://") => found.clone(),
        Protocol::Grpc if insecure => format!("http://{found}"),
        Protocol::Grpc => format!("https://{found}"),
    };
    let url = parse(&url).ok_or_else(|| Error::InvalidEndpoint { variable, found: without_user(&found) })?;
    let doubts = doubts(signal, variable, &found, &url, protocol);
    Ok((url, doubts))
}

/// Appends the path to the URL's path, before its query.
fn with_path(url: &str, path: &str) -> String {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (url, String::new()),
    };
    format!("{}{path}{query}", base.trim_end_matches('/'))
}

fn parse(text: &str) -> Option<Uri> {
    let url: Uri = text.parse().ok()?;
    let is_http = url.scheme() == Some(&Scheme::HTTP) || url.scheme() == Some(&Scheme::HTTPS);
    (is_http && !url.host()?.is_empty()).then_some(url)
}

/// For messages, because a URL may contain a password.
fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        (_, None) => url.to_owned(),
    }
}

fn doubts(signal: Signal, variable: &str, found: &str, url: &Uri, protocol: Protocol) -> Vec<String> {
    let mut doubts = Vec::new();
    match (protocol, url.port_u16()) {
        (Protocol::HttpProtobuf, Some(4317)) => {
            doubts.push("port 4317 is that of gRPC: set OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or use port 4318".to_owned());
        }
        (Protocol::Grpc, Some(4318)) => {
            doubts.push(
                "port 4318 is that of HTTP: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or use port 4317".to_owned(),
            );
        }
        _ => {}
    }
    if protocol == Protocol::HttpProtobuf {
        let ([of_signal, of_all], path) = (signal.endpoints(), signal.path());
        if variable == of_signal && url.path() == "/" {
            doubts.push(format!("{of_signal} is used as it is: without {path}, most receivers answer 404"));
        }
        if variable == of_all && url.path().matches(path).count() > 1 {
            doubts.push(format!("{path} is added to {of_all}, which has it already: leave it out there"));
        }
    } else if !found.contains("://") && url.scheme() == Some(&Scheme::HTTPS) {
        doubts.push(format!(
            "{variable} has no scheme, so that the connection is encrypted: use http://, or OTEL_EXPORTER_OTLP_INSECURE=true, \
             if the receiver doesn't speak TLS"
        ));
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::tests::{environment, List};

    const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

    fn doubted(list: List<'_>, protocol: Protocol) -> (String, Vec<String>) {
        let (url, doubts) =
            from_variables(Signal::Traces, &Variables::new(environment(list)), protocol, false).expect("a URL");
        (url.to_string(), doubts)
    }

    #[test]
    fn the_path_goes_before_the_query() {
        for (found, expected) in [
            ("http://h/otlp?token=x", "http://h/otlp/v1/traces?token=x"),
            ("http://h?token=x", "http://h/v1/traces?token=x"),
            ("http://h/", "http://h/v1/traces"),
        ] {
            assert_eq!(doubted(&[(ENDPOINT, found)], Protocol::HttpProtobuf), (expected.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn what_was_probably_not_meant_is_said() {
        let (http, grpc) = (Protocol::HttpProtobuf, Protocol::Grpc);
        let table: &[(List<'_>, Protocol, &str)] = &[
            (&[(ENDPOINT, "http://h:4317")], http, "port 4317 is that of gRPC"),
            (&[(ENDPOINT, "http://h:4318")], grpc, "port 4318 is that of HTTP"),
            (&[(TRACES_ENDPOINT, "http://h:4318")], http, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is used as it is"),
            (&[(ENDPOINT, "http://h:4318/v1/traces")], http, "/v1/traces is added to OTEL_EXPORTER_OTLP_ENDPOINT"),
            (&[(ENDPOINT, "h:4317")], grpc, "OTEL_EXPORTER_OTLP_ENDPOINT has no scheme"),
        ];
        for (list, protocol, expected) in table {
            let (_, doubts) = doubted(list, *protocol);
            assert!(matches!(&doubts[..], [doubt] if doubt.starts_with(expected)), "{list:?}: {doubts:?}");
        }
        assert_eq!(doubted(&[], http).1, [""; 0]);
        assert_eq!(doubted(&[(ENDPOINT, "http://h:4317")], grpc).1, [""; 0]);
    }

    #[test]
    fn no_message_has_a_password() {
        for (found, expected) in
            [("me:secret@h:1", "h:1"), ("unix://me:se@cret@h", "unix://h"), ("localhost:4318", "localhost:4318")]
        {
            assert_eq!(without_user(found), expected);
        }
    }
}
