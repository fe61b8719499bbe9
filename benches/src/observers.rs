//! Metrics and access log: a real request, with and without them.
//!
//! | case | |
//! |---|---|
//! | observers: none | built with both features, of which nothing is used: no meter provider, no access log |
//! | observers: metrics | a meter provider of the SDK |
//! | observers: access log | written as JSON lines, to nowhere |
//! | observers: both | |

use std::time::Duration;

use apigateway_inferred_span::{access_log, ApiGatewayInferredSpan};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_layer::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::case::{bare, Case, NOTHING};
use crate::drive::{send, Bare};
use crate::requests::Kind;
use crate::tower;

/// Exports nothing; without an exporter, nothing would be recorded.
struct Nowhere;

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

pub fn cases(spans: &SdkTracerProvider) -> Vec<Case> {
    tracing_subscriber::registry().with(access_log::json_with_writer(std::io::sink)).init();
    // Its thread exports every minute, which is longer than the counted part takes.
    let meters = SdkMeterProvider::builder().with_periodic_exporter(Nowhere).build();
    let metrics = |layer: ApiGatewayInferredSpan| layer.meter_provider(&meters);
    let layer = || tower::layer(spans);
    let case = |name: &str, layer: ApiGatewayInferredSpan| {
        // The first request makes the series.
        send(&mut layer.layer(Bare), Kind::Root.request());
        Case::tower(format!("observers: {name}"), bare(Kind::Root), layer.layer(Bare), Kind::Root.requests())
    };
    vec![
        Case::tower(bare(Kind::Root), NOTHING, Bare, Kind::Root.requests()),
        case("none", layer()),
        case("metrics", metrics(layer())),
        case("access log", layer().access_log(true)),
        case("both", metrics(layer()).access_log(true)),
    ]
}
