//! The ready pipeline, in a process of its own each time: what it makes of its environment, and what arrives where.
#![cfg(feature = "otlp")]

mod endings;
mod metrics;
mod parts;
mod program;
mod propagators;
mod receiver;
mod service_graph;
mod services;
mod tls;
mod words;

use std::net::TcpListener;
use std::thread;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use program::run;
use receiver::Receiver;

const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
type List<'a> = &'a [(&'a str, &'a str)];

const SERVICE: (&str, &str) = ("OTEL_SERVICE_NAME", "orders");

/// Checks that the two spans of one request are there: the client's span, the gateway's, the application's.
fn assert_two_services(receiver: &Receiver, context: &str) {
    let spans = receiver.spans();
    let services: Vec<_> = spans.iter().map(|arrived| arrived.resource("service.name")).collect();
    let expected = ["api.example.com", "orders"].map(|name| Some(name.to_owned()));
    assert_eq!(services, expected, "{context}");
    let [gateway, application] = spans.as_slice() else {
        unreachable!("two services, two spans");
    };
    assert_eq!(hex(&gateway.span.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(hex(&gateway.span.parent_span_id), "00f067aa0ba902b7");
    assert_eq!(gateway.span.name, "aws.apigateway");
    assert_eq!(gateway.span.kind(), SpanKind::Server);
    assert_eq!(application.span.trace_id, gateway.span.trace_id);
    assert_eq!(application.span.parent_span_id, gateway.span.span_id);
    assert_eq!(application.span.name, "request");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn two_resources_arrive_by_either_protocol_from_anywhere() {
    for program in ["multi-threaded", "current-threaded", "outside"] {
        for compression in ["", "none", "gzip"] {
            let common = [
                SERVICE,
                ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
                ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=se%20cret"),
            ];
            let context = format!("{program}, {compression:?}");

            let receiver = Receiver::http();
            let outcome = run(program, &[&common[..], &[(ENDPOINT, &receiver.url())]].concat());
            assert_two_services(&receiver, &context);
            for export in receiver.exports() {
                assert_eq!(export.path, "/v1/traces");
                assert_eq!(export.headers["content-type"], "application/x-protobuf");
                assert_eq!(export.headers["api-key"], "se cret");
                let encoding = export.headers.get("content-encoding");
                assert_eq!(encoding.is_some(), compression == "gzip", "{context}");
            }
            assert_eq!(outcome.says("status"), "200");

            let receiver = Receiver::grpc(None);
            let url = receiver.url();
            let variables = [&common[..], &[(PROTOCOL, "grpc"), (ENDPOINT, &url)]].concat();
            let outcome = run(program, &variables);
            assert_two_services(&receiver, &context);
            for export in receiver.exports() {
                assert_eq!(export.headers["api-key"], "se cret");
                let encoding = export.headers.get("grpc-encoding");
                assert_eq!(encoding.is_some_and(|e| e == "gzip"), compression == "gzip", "{context}");
            }
            assert_eq!(outcome.says("status"), "200");
        }
    }
}

#[test]
fn an_endpoint_for_traces_is_taken_as_it_is() {
    let receiver = Receiver::http();
    let url = format!("{}/spans", receiver.url());
    let variables = [SERVICE, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url.as_str()), (ENDPOINT, "http://localhost:1")];
    run("multi-threaded", &variables);
    assert_two_services(&receiver, "traces endpoint");
    assert!(receiver.exports().iter().all(|export| export.path == "/spans"));

    let receiver = Receiver::grpc(None);
    let authority = receiver.authority();
    let variables =
        [SERVICE, (PROTOCOL, "grpc"), (ENDPOINT, authority.as_str()), ("OTEL_EXPORTER_OTLP_INSECURE", "true")];
    run("multi-threaded", &variables);
    assert_two_services(&receiver, "without a scheme");
}

#[test]
fn the_application_is_described_by_opentelemetrys_variables_then_datadogs() {
    let name = ("DD_SERVICE", "orders");
    let datadog = [name, ("DD_ENV", "prod"), ("DD_VERSION", "1.2")];
    let attributes = |list| ("OTEL_RESOURCE_ATTRIBUTES", list);
    let table: &[(List<'_>, [Option<&str>; 4])] = &[
        (&[name], [Some("orders"), None, None, None]),
        (&datadog, [Some("orders"), Some("prod"), Some("prod"), Some("1.2")]),
        (&[name, attributes("service.version=3,team=shop")], [Some("orders"), None, None, Some("3")]),
        (
            &[datadog[1], datadog[2], attributes("service.name=shop,deployment.environment.name=test")],
            [Some("shop"), Some("test"), None, Some("1.2")],
        ),
        (
            &[name, ("OTEL_SERVICE_NAME", "by-otel"), attributes("service.name=shop")],
            [Some("by-otel"), None, None, None],
        ),
    ];
    for (variables, expected) in table {
        let receiver = Receiver::http();
        let url = receiver.url();
        run("multi-threaded", &[variables, &[(ENDPOINT, url.as_str())][..]].concat());
        let spans = receiver.spans();
        let [gateway, application] = spans.as_slice() else {
            panic!("not two spans, {variables:?}");
        };
        let [name, environment, former_environment, version] = expected;
        let said = |key| application.resource(key);
        assert_eq!(said("service.name").as_deref(), *name, "{variables:?}");
        assert_eq!(said("service.version").as_deref(), *version, "{variables:?}");
        assert_eq!(gateway.resource("service.version"), None);
        assert_eq!(gateway.resource("cloud.region"), None);
        assert_eq!(gateway.resource("telemetry.sdk.name"), said("telemetry.sdk.name"));
        for arrived in [gateway, application] {
            let said = |key| arrived.resource(key);
            assert_eq!(said("deployment.environment.name").as_deref(), *environment);
            assert_eq!(said("deployment.environment").as_deref(), *former_environment);
        }
    }

    let receiver = Receiver::http();
    run("multi-threaded", &[(ENDPOINT, &receiver.url())]);
    let name = receiver.spans()[1].resource("service.name").expect("a name");
    assert!(name.starts_with("unknown_service:otlp"), "{name}");
}

#[test]
fn samplers_sample() {
    let sampler = |name| ("OTEL_TRACES_SAMPLER", name);
    let ratio = |ratio| ("OTEL_TRACES_SAMPLER_ARG", ratio);
    let unsampled = ("SAMPLED", "00");
    let table: &[(List<'_>, usize)] = &[
        (&[], 2),
        (&[unsampled], 0),
        (&[sampler("always_on"), unsampled], 2),
        (&[sampler("always_off")], 0),
        (&[sampler("parentbased_always_off")], 2),
        (&[sampler("traceidratio"), ratio("0")], 0),
        (&[sampler("traceidratio"), ratio("1"), unsampled], 2),
        (&[sampler("parentbased_traceidratio"), ratio("0")], 2),
    ];
    for (variables, spans) in table {
        let receiver = Receiver::http();
        let url = receiver.url();
        run("multi-threaded", &[variables, &[(ENDPOINT, url.as_str())][..]].concat());
        assert_eq!(receiver.spans().len(), *spans, "{variables:?}");
    }
}

#[test]
fn what_can_fall_back_does_with_a_warning() {
    let receiver = Receiver::http();
    let url = receiver.url();
    let variables = [
        SERVICE,
        (ENDPOINT, url.as_str()),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "half"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3s"),
        ("OTEL_SDK_DISABLED", "no"),
    ];
    let outcome = run("multi-threaded", &variables);
    assert_two_services(&receiver, "fall back");
    let warnings = outcome.output.lines().filter_map(|line| line.split_once(" WARN "));
    let warnings: Vec<_> = warnings.map(|(_, warning)| warning).collect();
    let warning = |name, expected, found| {
        format!(
            "apigateway_inferred_span::env: environment variable {name} should be {expected}, found \
             {found:?}; its default stands"
        )
    };
    assert_eq!(
        warnings,
        [
            warning("OTEL_SDK_DISABLED", "true or false", "no"),
            warning("OTEL_EXPORTER_OTLP_TIMEOUT", "a number of milliseconds", "3s"),
            warning("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1", "half"),
            warning(
                "OTEL_TRACES_SAMPLER",
                "always_on, always_off, traceidratio, or one of them after parentbased_",
                "sometimes"
            ),
        ]
    );
}

#[test]
fn propagators_propagate() {
    let parent = r#"("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")"#;
    let baggage = r#"("baggage", "customer=7")"#;
    let found = ("00f067aa0ba902b7", r#"Some(Owned("7"))"#);
    let nothing = ("0000000000000000", "None");
    let table: &[(&str, &str, &str, String)] = &[
        ("", found.0, found.1, format!("[{baggage}, {parent}]")),
        ("tracecontext,baggage", found.0, found.1, format!("[{baggage}, {parent}]")),
        ("tracecontext", found.0, nothing.1, format!("[{parent}]")),
        ("baggage", nothing.0, found.1, format!("[{baggage}]")),
        ("none", nothing.0, nothing.1, "[]".to_owned()),
    ];
    for (names, span, customer, written) in table {
        let outcome = run("propagate", &[("OTEL_PROPAGATORS", names)]);
        assert_eq!(outcome.says("parent"), *span, "{names:?}");
        assert_eq!(outcome.says("customer"), *customer, "{names:?}");
        assert_eq!(outcome.says("written"), *written, "{names:?}");
    }
}

#[test]
fn what_could_never_arrive_is_an_error_and_changes_nothing() {
    let outcome = run("fail", &[(ENDPOINT, "localhost:4318")]);
    let expected = "environment variable OTEL_EXPORTER_OTLP_ENDPOINT should be a URL such as http://localhost:4318, \
                    found \"localhost:4318\"";
    assert_eq!(outcome.says("error"), expected);
    assert_eq!(outcome.says("as main prints it"), expected);
    assert_eq!(outcome.says("then"), "Ok(())");
}

/// Operators put lists into every pod.
#[test]
fn unknown_names_are_warned_about_and_ignored() {
    let part = "that part is ignored";
    let table: &[(&str, &str, &str, &str)] = &[
        (PROTOCOL, "http/json", "http/json", "its default stands"),
        ("OTEL_TRACES_EXPORTER", "jaeger,otlp", "jaeger", part),
        ("OTEL_TRACES_EXPORTER", "zipkin", "zipkin", part),
        ("OTEL_PROPAGATORS", "tracecontext,baggage,ottrace", "ottrace", part),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "zstd", "its default stands"),
    ];
    for (variable, value, found, consequence) in table {
        let receiver = Receiver::http();
        let url = receiver.url();
        let outcome = run("multi-threaded", &[SERVICE, (ENDPOINT, &url), (variable, value)]);
        assert_two_services(&receiver, value);
        let warnings: Vec<_> = outcome.output.lines().filter(|line| line.contains(" WARN apigateway")).collect();
        let [warning] = &warnings[..] else { panic!("{variable}={value}: {warnings:?}") };
        assert!(warning.contains(&format!("environment variable {variable} should be ")), "{warning}");
        assert!(warning.ends_with(&format!("found {found:?}; {consequence}")), "{warning}");
    }
}

#[test]
fn spans_can_go_to_standard_output() {
    let outcome = run("multi-threaded", &[SERVICE, ("OTEL_TRACES_EXPORTER", "console")]);
    assert!(outcome.output.contains("aws.apigateway") && outcome.output.contains("api.example.com"));

    let receiver = Receiver::http();
    let url = receiver.url();
    let outcome = run("multi-threaded", &[SERVICE, (ENDPOINT, &url), ("OTEL_TRACES_EXPORTER", "otlp,console")]);
    assert_two_services(&receiver, "both");
    assert!(outcome.output.contains("aws.apigateway"));
}

#[test]
fn an_empty_variable_counts_as_unset_and_values_are_decoded() {
    let receiver = Receiver::http();
    let url = format!("{}/otlp?token=x", receiver.url());
    run(
        "multi-threaded",
        &[
            (ENDPOINT, &url),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", ""),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=k%3Dv"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=my%20shop,team=caf%C3%A9"),
        ],
    );
    let exports = receiver.exports();
    assert!(!exports.is_empty());
    for export in exports {
        assert_eq!(export.headers["api-key"], "k=v");
        assert_eq!(export.path, "/otlp/v1/traces?token=x");
    }
    let application = &receiver.spans()[1];
    assert_eq!(application.resource("service.name").as_deref(), Some("my shop"));
    assert_eq!(application.resource("team").as_deref(), Some("café"));
}

#[test]
fn a_subscriber_that_is_set_stays_set() {
    let outcome = run("second subscriber", &[]);
    assert_eq!(
        outcome.says("error"),
        "a global subscriber of tracing is set already: leave that to otlp::init(), or keep yours and add an \
         otlp::Exporter to a tracer provider of your own"
    );
    assert!(outcome.output.contains("INFO otlp::program: the first one still writes"));
}

#[test]
fn without_spans_there_is_the_log_and_the_propagator() {
    let none = [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "none")];
    for off in [&[("OTEL_SDK_DISABLED", "true")][..], &none] {
        let receiver = Receiver::http();
        let url = receiver.url();
        // Not even an endpoint that is no URL is looked at.
        for endpoint in [url.as_str(), "nowhere"] {
            let outcome =
                run("multi-threaded", &[off, &[(ENDPOINT, endpoint), ("OTEL_BSP_MAX_QUEUE_SIZE", "x")]].concat());
            assert_eq!(outcome.says("status"), "200");
            assert_eq!(outcome.says("shutdown"), "Ok(())");
            assert!(receiver.exports().is_empty());
            assert!(outcome.output.contains(" INFO otlp::program: the log is written"));
            assert!(!outcome.output.contains("provider"), "no advice: {}", outcome.output);
        }
        let outcome = run("propagate", off);
        assert_eq!(outcome.says("parent"), "00f067aa0ba902b7");
    }
}

#[test]
fn the_log_neither_cuts_traces_nor_adds_to_them() {
    for (log, is_logged) in [("off", false), ("error", false), ("", true), ("trace", true)] {
        for (protocol, receiver) in [("http/protobuf", Receiver::http()), ("grpc", Receiver::grpc(None))] {
            let url = receiver.url();
            let variables = [SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url), ("RUST_LOG", log)];
            let outcome = run("multi-threaded", &variables);
            assert_two_services(&receiver, log);
            let path = if protocol == "grpc" { "" } else { "/v1/traces" };
            let line =
                format!("INFO apigateway_inferred_span::otlp::destination: spans go to {url}{path} ({protocol})");
            assert_eq!(outcome.output.contains(&line), is_logged, "{}", outcome.output);
        }
    }
}

#[test]
fn a_dead_receiver_harms_no_request_and_ends_in_time() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    // Takes connections, as the system does for it, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silence = format!("http://{}", silent.local_addr().expect("an address"));

    let cases = ["http/protobuf", "grpc"].into_iter().flat_map(|protocol| {
        [(&nobody, "", 6_000), (&silence, "", 6_000), (&silence, "300", 6_000)].map(|case| (protocol, case))
    });
    thread::scope(|scope| {
        for (protocol, (endpoint, timeout, limit)) in cases {
            scope.spawn(move || ends_in_time(protocol, endpoint, timeout, limit));
        }
    });
}

/// `limit` is in milliseconds.
fn ends_in_time(protocol: &str, endpoint: &str, timeout: &str, limit: u128) {
    let variables = [(PROTOCOL, protocol), (ENDPOINT, endpoint), ("OTEL_EXPORTER_OTLP_TIMEOUT", timeout)];
    let context = format!("{variables:?}");
    let outcome = run("multi-threaded", &variables);
    assert_eq!(outcome.says("status"), "200");
    assert!(outcome.milliseconds("request took") < 1_000, "{context}");
    assert!(outcome.says("shutdown").starts_with("Err("), "{context}");
    let took = outcome.milliseconds("shutdown took");
    assert!(took < limit, "{context}: {took}");

    let outcome = run("outside", &variables);
    let took = outcome.milliseconds("drop took");
    assert!(took < limit, "{context}: {took}");
    assert!(outcome.took.as_millis() < limit + 1_000, "{context}");
}
