//! What the pipeline says, and what it doesn't.

use super::*;

#[test]
fn mistakes_are_said_at_the_start() {
    let table: &[(List<'_>, &str)] = &[
        (&[(ENDPOINT, "http://localhost:4317")], "port 4317 is that of gRPC"),
        (&[(PROTOCOL, "grpc"), (ENDPOINT, "http://localhost:4318")], "port 4318 is that of HTTP"),
        (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318")], "is used as it is"),
        (&[(ENDPOINT, "http://localhost:4318/v1/traces")], "/v1/traces is added to"),
        (&[(PROTOCOL, "grpc"), (ENDPOINT, "localhost:4317")], "has no scheme, so that the connection is encrypted"),
    ];
    for (variables, expected) in table {
        let outcome = run("start", variables);
        let warnings = outcome.output.lines().filter(|line| line.contains(" WARN ")).collect::<Vec<_>>();
        assert!(warnings.iter().any(|line| line.contains(expected)), "{variables:?}: {warnings:?}");
    }
}

#[test]
fn no_key_is_shown() {
    let endpoint = "http://user:pass-word@localhost:1/otlp?token=to-ken";
    for protocol in ["http/protobuf", "grpc"] {
        let keys = ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=se-cret");
        let outcome = run("debug", &[(ENDPOINT, endpoint), (PROTOCOL, protocol), keys]);
        assert!(outcome.says("exporter").contains("http://localhost:1"), "{}", outcome.output);
        for key in ["se-cret", "pass-word", "to-ken"] {
            assert!(!outcome.output.contains(key), "{key}: {}", outcome.output);
        }
    }
    let outcome = run("fail", &[(ENDPOINT, "unix://user:pass-word@localhost")]);
    assert!(outcome.says("error").ends_with("found \"unix://localhost\""), "{}", outcome.output);
}

#[test]
fn a_failed_export_names_the_endpoint() {
    let outcome = run("multi-threaded", &[(ENDPOINT, "http://localhost:1"), ("RUST_LOG", "info")]);
    let shutdown = outcome.says("shutdown");
    assert!(shutdown.starts_with("Err("), "{shutdown}");
    let receiver = Receiver::refusing();
    let url = receiver.url();
    let outcome = run("multi-threaded", &[(ENDPOINT, url.as_str())]);
    let line = format!("spans couldn't be sent to {url}/v1/traces (http/protobuf), and are lost (2 so far): ");
    assert_eq!(outcome.output.matches(&line).count(), 1, "{}", outcome.output);
    // Nor does anyone else say it.
    let warnings = outcome.output.lines().filter(|line| line.contains(" WARN ") || line.contains("ERROR "));
    assert_eq!(warnings.count(), 1, "{}", outcome.output);
}

#[test]
fn records_of_the_log_crate_arrive_and_no_request_floods_the_log() {
    let receiver = Receiver::http();
    let url = receiver.url();
    let outcome = run("log", &[(ENDPOINT, url.as_str())]);
    assert!(outcome.output.contains(" WARN otlp::program: by the log crate"), "{}", outcome.output);
    // 8 KB of baggage that nobody can read.
    assert_eq!(outcome.says("status"), "200");
    let log = outcome.output.split("status: ").next().expect("a log");
    assert!(log.len() < 2_000, "{log}");
}
