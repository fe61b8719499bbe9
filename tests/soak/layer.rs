//! The layer under test.

use std::time::Duration;

use apigateway_inferred_span::{ApiGatewayInferredSpan, XRay};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::panics::deliberate_panic;

pub(crate) fn layer(provider: &SdkTracerProvider) -> ApiGatewayInferredSpan {
    ApiGatewayInferredSpan::new()
        .enabled(true)
        .tracer_provider(provider)
        .propagator(TraceContextPropagator::new())
        .x_ray(XRay::Defer)
        .allow_domains(["*.example.com"])
        .allow_api_ids(["a1b2c3d4e5"])
        .shared_secret("x-gateway-secret", "open sesame")
        .max_request_age(Duration::from_secs(3_600))
        .accept_if(|request| match request.gateway().stage() {
            Some("refused") => false,
            Some("panics") => deliberate_panic(),
            _ => true,
        })
}
