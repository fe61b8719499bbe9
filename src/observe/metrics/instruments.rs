//! The instruments: names, units and boundaries.

use opentelemetry::metrics::{Counter, Histogram, Meter, UpDownCounter};

/// In seconds. Those of OpenTelemetry's `http.server.request.duration`, and beyond them up to the 29 and 30 seconds that
/// API Gateway waits by default, and to the 15 minutes that a REST API streams at most.
const BOUNDARIES: [f64; 20] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 29.0, 30.0, 60.0, 300.0,
    900.0,
];

#[derive(Debug)]
pub(super) struct Instruments {
    pub(super) request: Histogram<f64>,
    pub(super) integration: Histogram<f64>,
    pub(super) overhead: Histogram<f64>,
    pub(super) active: UpDownCounter<i64>,
    pub(super) rejected: Counter<u64>,
}

impl Instruments {
    pub(super) fn new(meter: &Meter) -> Self {
        let duration = |name, description| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
            histogram.with_boundaries(BOUNDARIES.to_vec()).build()
        };
        Self {
            request: duration(
                "inferred_gateway.request.duration",
                "Time from the gateway's receipt of a request to the end of the response's body",
            ),
            integration: duration(
                "inferred_gateway.integration.duration",
                "Time from the application's receipt of a request to the end of the response's body",
            ),
            overhead: duration(
                "inferred_gateway.overhead.duration",
                "Time from the gateway's receipt of a request to the application's",
            ),
            active: meter
                .i64_up_down_counter("inferred_gateway.active_requests")
                .with_unit("{request}")
                .with_description("Requests through the gateway that the application is serving")
                .build(),
            rejected: meter
                .u64_counter("inferred_gateway.rejected_requests")
                .with_unit("{request}")
                .with_description("Requests whose gateway headers were not accepted")
                .build(),
        }
    }
}
