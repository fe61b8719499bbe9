//! The global provider and propagator, installed after the layer was made and had its first request.

use apigateway_inferred_span::ApiGatewayInferredSpan;
use opentelemetry_sdk::propagation::TraceContextPropagator;

use support::log::Log;
use support::requests::RequestBuilder;
use support::services;
use support::spans::Recorder;

#[test]
fn globals_count_from_when_they_are_installed() {
    let log = Log::collect();
    let layer = ApiGatewayInferredSpan::new().enabled(true);
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = RequestBuilder::gateway().and("traceparent", traceparent);

    services::send(&layer, &request);
    assert_eq!(log.lines().len(), 1, "says that there is no provider");

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
}
