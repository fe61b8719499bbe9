//! What the operator is told. One test, because each hint comes once per process.

use std::convert::Infallible;
use std::future::ready;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::trace::noop::NoopTracerProvider;
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
use tower::{service_fn, Layer, ServiceExt};

use support::log::Log;
use support::spans::Recorder;

type Body = Empty<&'static [u8]>;

fn send(layer: &ApiGatewayInferredSpan, headers: &[(&str, &str)]) {
    let service = layer.layer(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(Body::new())))));
    let mut request = Request::builder();
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(()).expect("a request");
    let response = service.oneshot(request).now_or_never();
    drop(response.expect("at once"));
}

#[test]
fn hints_come_once_and_rejections_each_time() {
    let log = Log::collect();
    let mut recorder = Recorder::new();
    let layer = recorder.layer();
    let aws = ("x-dd-proxy", "aws-apigateway");
    let time = ("x-dd-proxy-request-time-ms", "1729780025473");

    for _ in 0..999 {
        send(&layer, &[]);
    }
    assert_eq!(log.lines(), [""; 0]);
    for _ in 0..1_500 {
        send(&layer, &[]);
    }
    assert_eq!(
        log.lines(),
        ["INFO apigateway_inferred_span::hints: no gateway span so far: none of the first 1000 requests had the \
         header x-dd-proxy; add it to the API's integration (header mapping)"]
    );

    for _ in 0..2 {
        send(&layer, &[aws]);
    }
    assert_eq!(
        log.lines(),
        ["DEBUG apigateway_inferred_span::span: no gateway span: header x-dd-proxy-request-time-ms is missing"; 2]
    );

    for _ in 0..2 {
        send(&layer, &[aws, ("x-dd-proxy-request-time-ms", "1729780025")]);
    }
    assert_eq!(
        log.lines(),
        ["WARN apigateway_inferred_span::hints: header x-dd-proxy-request-time-ms came in seconds and is read as \
         such; map it to milliseconds: ${context.requestTimeEpoch}000 on an HTTP API"]
    );

    for _ in 0..2 {
        send(&layer, &[("x-dd-proxy", "'aws-apigateway'"), time]);
    }
    assert_eq!(log.lines(), [
        "WARN apigateway_inferred_span::hints: x-dd-proxy headers came in single quotes, which are dropped; a static \
         value is quoted in a REST API's mapping and bare in an HTTP API's"
    ]);
    assert_eq!(recorder.ended().len(), 4);

    {
        let outer = recorder.provider.tracer("app").start("outer");
        let _outer = opentelemetry::Context::current_with_span(outer).attach();
        for _ in 0..2 {
            send(&layer, &[aws, time]);
        }
    }
    assert_eq!(
        log.lines(),
        ["INFO apigateway_inferred_span::hints: the gateway's span has been put below a span of this application: \
             it should be above; add the layer outermost (last in axum and actix-web)"]
    );
    assert_eq!(recorder.ended().len(), 3);

    let nowhere = layer.clone().tracer_provider(&NoopTracerProvider::new());
    for _ in 0..2 {
        send(&nowhere, &[aws, time]);
    }
    assert_eq!(log.lines(), [
        "WARN apigateway_inferred_span::hints: no gateway span: no OpenTelemetry tracer provider is at work; install \
         one with opentelemetry::global::set_tracer_provider or hand it to .tracer_provider(&provider)"
    ]);
    recorder.provider.shutdown().expect("shut down");
    send(&layer, &[aws, time]);
    assert!(recorder.ended().is_empty());

    send(&layer.enabled(false), &[aws, time]);
    assert_eq!(log.lines(), [""; 0], "nothing to say where it is off on purpose");
    for _ in 0..2 {
        send(&ApiGatewayInferredSpan::new(), &[aws, time]);
    }
    assert_eq!(
        log.lines(),
        ["INFO apigateway_inferred_span::hints: gateway spans are off: set \
         DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true or call .enabled(true)"]
    );
}
