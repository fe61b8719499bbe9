//! The global provider and propagator, installed after the layer was made and had its first request.

use apigateway_inferred_span::ApiGatewayInferredSpan;
use opentelemetry_sdk::propagation::TraceContextPropagator;

use support::log::Log;
use support::requests::RequestBuilder;
use support::services;
use support::spans::Recorder;

/// One after the other, because they share the globals.
#[test]
fn globals_count_from_when_they_are_installed() {
    tracer_provider_and_propagator();
    #[cfg(feature = "metrics")]
    meter_provider();
}

fn tracer_provider_and_propagator() {
    let log = Log::collect();
    let layer = ApiGatewayInferredSpan::new().enabled(true);
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = RequestBuilder::gateway().and("traceparent", traceparent);

    services::send(&layer, &request);
    let lines = log.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("no tracer provider")).count(), 1, "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.contains("traceparent")).count(), 1, "{lines:?}");

    let mut recorder = Recorder::new();
    opentelemetry::global::set_tracer_provider(recorder.provider.clone());
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    for _ in 0..2 {
        services::send(&layer, &request);
        let spans = recorder.ended();
        assert_eq!(spans.len(), 1);
        let trace = spans[0].trace_id.to_string();
        assert_eq!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(spans[0].parent.to_string(), "00f067aa0ba902b7");
    }

    // Another provider takes its place.
    let mut next = Recorder::new();
    opentelemetry::global::set_tracer_provider(next.provider.clone());
    recorder.provider.shutdown().expect("shut down");
    for _ in 0..2 {
        services::send(&layer, &request);
        assert_eq!((recorder.ended().len(), next.ended().len()), (0, 1));
    }
}

#[cfg(feature = "metrics")]
fn meter_provider() {
    use support::metrics::Meters;

    let layer = ApiGatewayInferredSpan::new().enabled(true);
    let request = RequestBuilder::documented();
    let send = || services::send(&layer, &request);
    let count = |meters: &Meters| -> u64 {
        let points = meters.read_one("inferred_gateway.integration.duration");
        points.iter().map(|point| point.count).sum()
    };

    send();
    let first = Meters::new();
    opentelemetry::global::set_meter_provider(first.provider.clone());
    send();
    assert_eq!(count(&first), 1);

    // Another one takes its place.
    let second = Meters::new();
    opentelemetry::global::set_meter_provider(second.provider.clone());
    send();
    send();
    assert_eq!((count(&first), count(&second)), (1, 2));

    // The layer keeps none alive: the last owner's drop exports what there is, without waiting for a request.
    let exporter = second.into_exporter();
    opentelemetry::global::set_meter_provider(first.provider.clone());
    assert_eq!(exporter.get_finished_metrics().expect("exported").len(), 1);
}
