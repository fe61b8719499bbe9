//! The global provider and propagator, installed after the layer was made and had its first request.

use std::convert::Infallible;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower::{service_fn, Layer, ServiceExt};

use support::log::Log;
use support::spans::Recorder;

#[tokio::test]
async fn globals_count_from_when_they_are_installed() {
    let log = Log::collect();
    let layer = ApiGatewayInferredSpan::new().enabled(true);
    let service =
        layer.layer(service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }));
    let send = || async {
        let request = Request::builder()
            .header("x-dd-proxy", "aws-apigateway")
            .header("x-dd-proxy-request-time-ms", "1729780025473")
            .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            .body(())
            .expect("a request");
        drop(service.clone().oneshot(request).await.expect("infallible"));
    };

    send().await;
    assert_eq!(log.lines().len(), 1, "says that there is no provider");

    let mut recorder = Recorder::new();
    opentelemetry::global::set_tracer_provider(recorder.provider.clone());
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    for _ in 0..2 {
        send().await;
        let spans = recorder.ended();
        assert_eq!(spans.len(), 1);
        let trace = spans[0].trace_id.to_string();
        assert_eq!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(spans[0].parent.to_string(), "00f067aa0ba902b7");
    }
}
