//! The application's metrics.

use super::*;
use program::start;

/// `AGGREGATION_TEMPORALITY_DELTA` and `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const TEMPORALITIES: [(&str, i32); 3] = [("", 2), ("cumulative", 2), ("delta", 1)];

#[test]
fn they_arrive_by_either_protocol_as_the_applications() {
    for protocol in ["http/protobuf", "grpc"] {
        for (preference, temporality) in TEMPORALITIES {
            let receiver = Receiver::speaking(protocol);
            let url = receiver.url();
            let preference = ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", preference);
            let mut program = start("metrics", &[SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url), preference]);
            program.go_on();
            let outcome = program.end();
            assert_eq!(outcome.says("shutdown"), "Ok(())", "{protocol}, {preference:?}");
            assert_eq!(receiver.sums("orders"), [("orders".to_owned(), temporality, 3)], "{protocol}, {preference:?}");
            if cfg!(feature = "metrics") {
                // The layer's are the application's too. What goes up and down is cumulative whatever is preferred.
                let active = receiver.sums("inferred_gateway.active_requests");
                assert_eq!(active, [("orders".to_owned(), 2, 0)], "{protocol}, {preference:?}");
            }
            assert_two_services(&receiver, protocol);
        }
    }
}

#[test]
fn they_may_go_elsewhere_or_nowhere() {
    let (spans, metrics) = (Receiver::http(), Receiver::grpc(None));
    let (spans_url, metrics_url) = (spans.url(), metrics.url());
    let elsewhere = [
        SERVICE,
        (ENDPOINT, spans_url.as_str()),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", metrics_url.as_str()),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc"),
    ];
    let mut program = start("metrics", &elsewhere);
    program.go_on();
    program.end();
    assert_two_services(&spans, "elsewhere");
    assert_eq!((spans.metrics_exports(), metrics.sums("orders").len(), metrics.spans().len()), (0, 1, 0));

    let receiver = Receiver::http();
    let url = receiver.url();
    let mut program = start("metrics", &[SERVICE, (ENDPOINT, &url), ("OTEL_METRICS_EXPORTER", "none")]);
    program.go_on();
    program.end();
    assert_two_services(&receiver, "nowhere");
    assert_eq!(receiver.metrics_exports(), 0);

    let mut program = start("metrics", &[("OTEL_METRICS_EXPORTER", "console"), ("OTEL_TRACES_EXPORTER", "none")]);
    program.go_on();
    let output = program.end().output;
    assert!(output.contains("orders"), "{output}");
}

/// Jaeger has traces alone.
#[test]
fn a_receiver_that_takes_none_is_asked_once_and_that_is_said_once() {
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = Receiver::speaking(protocol);
        receiver.take_no_metrics();
        let url = receiver.url();
        let interval = ("OTEL_METRIC_EXPORT_INTERVAL", "20");
        let mut program = start("metrics", &[SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url), interval]);
        program.said("counted");
        receiver.wait_for_metrics();
        // Ten more intervals.
        thread::sleep(std::time::Duration::from_millis(200));
        program.go_on();
        let outcome = program.end();
        assert_eq!(outcome.says("shutdown"), "Ok(())", "{protocol}");
        assert_two_services(&receiver, protocol);
        assert_eq!(receiver.metrics_exports(), 1, "{protocol}");
        let warnings: Vec<_> = outcome.output.lines().filter(|line| line.contains(" WARN ")).collect();
        let [warning] = &warnings[..] else { panic!("{protocol}: {warnings:?}") };
        assert!(warning.contains("takes no metrics: ") && warning.contains("OTEL_METRICS_EXPORTER=none"), "{warning}");
    }
}
