//! Builds the layer from the settings of an input.

use std::time::Duration;

use apigateway_inferred_span::{ApiGatewayInferredSpan, XRay};

use super::input::{Accept, Sampling, Settings};
use super::panics::deliberate_panic;
use super::telemetry::{propagator, PROVIDERS};
use crate::now;

pub(crate) const DOMAIN: &str = "*.example.com";
pub(crate) const API_ID: &str = "a1b2c3d4e5";
pub(crate) const SECRET: (&str, &str) = ("x-gateway-secret", "open sesame");
pub(crate) const MAPPED: (&str, &str) = ("api.example.com", "orders-api");

impl Settings {
    pub(crate) fn x_ray(&self) -> XRay {
        [XRay::Continue, XRay::Link, XRay::Defer, XRay::Ignore][usize::from(self.x_ray % 4)]
    }

    pub(crate) fn layer(&self) -> ApiGatewayInferredSpan {
        let provider = match self.sampling {
            Sampling::On => &PROVIDERS.on,
            Sampling::Off => &PROVIDERS.off,
            Sampling::ParentBased => &PROVIDERS.parent_based,
            Sampling::Panics => &PROVIDERS.panics,
            Sampling::ShutDown => &PROVIDERS.shut_down,
        };
        let mut layer = ApiGatewayInferredSpan::new()
            .enabled(!self.off)
            .tracer_provider(provider)
            .propagator(propagator(self.propagation))
            .wall_clock(now)
            .x_ray(self.x_ray())
            .otel_semantics(self.otel_span_name)
            .parameterize_paths(!self.whole_paths)
            .record_user(self.record_user)
            .record_client_address(self.record_client_address)
            .strip_headers(self.strip_headers);
        if let Some(ms) = self.integration_timeout_ms {
            layer = layer.integration_timeout(Duration::from_millis(ms.into()));
        }
        if let Some((first, last)) = self.error_statuses {
            layer = layer.error_statuses([first..=last]);
        }
        if self.service_mapping {
            layer = layer.service_mapping(MAPPED.0, MAPPED.1);
        }
        if let Some(count) = self.max_services {
            layer = layer.max_services(usize::from(count % 4));
        }
        if self.allow_domains {
            layer = layer.allow_domains([DOMAIN]);
        }
        if self.allow_api_ids {
            layer = layer.allow_api_ids([API_ID]);
        }
        if self.shared_secret {
            layer = layer.shared_secret(SECRET.0, SECRET.1);
        }
        if let Some(seconds) = self.max_request_age_s {
            layer = layer.max_request_age(Duration::from_secs(seconds.into()));
        }
        match self.accept_if {
            None => layer,
            Some(accept) => layer.accept_if(move |request| {
                let _ = request.header("via");
                match accept {
                    Accept::Always => true,
                    Accept::Never => false,
                    Accept::Panics => deliberate_panic(),
                }
            }),
        }
    }
}
