//! What has arrived at a receiver of OTLP when the function asks for its next event.
#![allow(clippy::disallowed_methods)]

use std::sync::Arc;

use apigateway_inferred_span::{otlp, server_span, ApiGatewayInferredSpan};
use lambda_runtime::layers::OpenTelemetryLayer;
use lambda_runtime::Runtime;
use support::spans::now_ms;
use tower_http::trace::TraceLayer;

use crate::api::{environment, Api, Call, Invocation};
use crate::events;
use crate::process::run;
use crate::receiver::Receiver;

#[test]
fn with_the_layer_on_the_runtime_everything_has_arrived_before_the_next_event() {
    for protocol in ["http/protobuf", "grpc"] {
        for place in ["runtime", "both", "router"] {
            for flavor in ["multi", "current"] {
                run(
                    "arrival::program",
                    &[("OTEL_EXPORTER_OTLP_PROTOCOL", protocol), ("PLACE", place), ("FLAVOR", flavor)],
                );
            }
        }
    }
}

#[test]
#[ignore = "started by another test"]
fn program() {
    let (Ok(place), Ok(flavor)) = (std::env::var("PLACE"), std::env::var("FLAVOR")) else { return };
    let mut builder = match flavor.as_str() {
        "multi" => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build().expect("a runtime").block_on(function(&place));
}

/// A function as the documentation has it.
async fn function(place: &str) {
    let protocol = std::env::var("OTEL_EXPORTER_OTLP_PROTOCOL").expect("a protocol");
    let receiver = Arc::new(Receiver::speaking(&protocol));
    std::env::set_var("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    drop(environment());
    let guard = otlp::init().expect("a pipeline");
    let layer = ApiGatewayInferredSpan::new().enabled(true).flush(guard.flusher());
    let app = axum::Router::new()
        .fallback(|| async { "hello" })
        .layer(TraceLayer::new_for_http().make_span_with(server_span));
    let eye = Arc::clone(&receiver);
    let events = [events::rest(now_ms()), events::http(now_ms()), events::function_url(now_ms())];
    let events = events.iter().map(Invocation::of).collect();
    let api = Api::watched(events, 1, Box::new(move || eye.spans().len())).await;
    let calls = match place {
        "router" => {
            let app = app.layer(layer);
            api.run(|| lambda_http::run(app)).await
        }
        _ => {
            let app = if place == "both" { app.layer(layer.clone()) } else { app };
            let runtime = || Runtime::new(lambda_http::Adapter::from(app));
            api.run(|| async { runtime().layer(OpenTelemetryLayer::new(|| {})).layer(layer).run().await }).await
        }
    };
    let nexts: Vec<_> = calls.iter().filter(|call| matches!(call, Call::Next(_))).cloned().collect();
    // The gateway's, the function's, the server's.
    let each = if place == "router" { 2 } else { 3 };
    assert_eq!(nexts, [0, 1, 2, 3].map(|events| Call::Next(events * each)), "{place}");
}
