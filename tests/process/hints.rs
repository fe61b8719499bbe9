//! What the operator is told. One test, because each hint comes once per process; a function for each hint.

use apigateway_inferred_span::ApiGatewayInferredSpan;
use opentelemetry::trace::noop::NoopTracerProvider;
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};

use support::log::Log;
use support::requests::RequestBuilder;
use support::services::send;
use support::spans::Recorder;

const NOTHING: [&str; 0] = [];

/// A layer, its spans, and what it logs.
struct Process {
    log: Log,
    recorder: Recorder,
    layer: ApiGatewayInferredSpan,
}

#[test]
fn hints_come_once_and_rejections_each_time() {
    let recorder = Recorder::new();
    let mut process = Process { log: Log::collect(), layer: recorder.layer(), recorder };
    // In this order: the first counts requests without headers, and the last but one shuts the provider down.
    process.headers_missing_from_the_first_thousand();
    process.rejections_are_logged_each_time();
    process.seconds_for_milliseconds();
    process.quoted_values();
    process.a_layer_that_isnt_outermost();
    process.no_tracer_provider();
    process.a_provider_that_is_shut_down();
    process.off_by_nobodys_wish();
}

impl Process {
    fn headers_missing_from_the_first_thousand(&mut self) {
        for _ in 0..999 {
            send(&self.layer, &RequestBuilder::plain());
        }
        assert_eq!(self.log.lines(), NOTHING);
        for _ in 0..1_500 {
            send(&self.layer, &RequestBuilder::plain());
        }
        assert_eq!(
            self.log.lines(),
            ["INFO apigateway_inferred_span::hints: no gateway span so far: none of the first 1000 requests had the \
             header x-dd-proxy; add it to the API's integration (header mapping)"]
        );
    }

    fn rejections_are_logged_each_time(&mut self) {
        for _ in 0..2 {
            send(&self.layer, &RequestBuilder::gateway().without("x-dd-proxy-request-time-ms"));
        }
        assert_eq!(
            self.log.lines(),
            ["DEBUG apigateway_inferred_span::exchange::begin: no gateway span: header x-dd-proxy-request-time-ms is missing"; 2]
        );
        assert_eq!(self.recorder.ended().len(), 0);
    }

    fn seconds_for_milliseconds(&mut self) {
        for _ in 0..2 {
            send(&self.layer, &RequestBuilder::gateway().at(1_729_780_025));
        }
        assert_eq!(
            self.log.lines(),
            ["WARN apigateway_inferred_span::hints: header x-dd-proxy-request-time-ms came in seconds and is read as \
             such; map it to milliseconds: ${context.requestTimeEpoch}000 on an HTTP API"]
        );
        assert_eq!(self.recorder.ended().len(), 2);
    }

    fn quoted_values(&mut self) {
        for _ in 0..2 {
            send(&self.layer, &RequestBuilder::gateway().set("x-dd-proxy", "'aws-apigateway'"));
        }
        assert_eq!(
            self.log.lines(),
            ["WARN apigateway_inferred_span::hints: x-dd-proxy headers came in single quotes, which are dropped; a \
             static value is quoted in a REST API's mapping and bare in an HTTP API's"]
        );
        assert_eq!(self.recorder.ended().len(), 2);
    }

    fn a_layer_that_isnt_outermost(&mut self) {
        let outer = self.recorder.provider.tracer("app").start("outer");
        let outer = opentelemetry::Context::current_with_span(outer).attach();
        for _ in 0..2 {
            send(&self.layer, &RequestBuilder::gateway());
        }
        drop(outer);
        assert_eq!(
            self.log.lines(),
            ["WARN apigateway_inferred_span::hints: a span of this application is current where the gateway's request \
             arrives: the gateway's span links to it and isn't its child; add the layer outermost (last in axum and \
             actix-web), and put no span around a connection"]
        );
        assert_eq!(self.recorder.ended().len(), 3);
    }

    fn no_tracer_provider(&mut self) {
        let nowhere = self.layer.clone().tracer_provider(&NoopTracerProvider::new());
        for _ in 0..2 {
            send(&nowhere, &RequestBuilder::gateway());
        }
        assert_eq!(
            self.log.lines(),
            ["WARN apigateway_inferred_span::hints: no gateway span: no OpenTelemetry tracer provider is installed; \
             install one with opentelemetry::global::set_tracer_provider or hand it to .tracer_provider(&provider)"]
        );
    }

    fn a_provider_that_is_shut_down(&mut self) {
        self.recorder.provider.shutdown().expect("shut down");
        send(&self.layer, &RequestBuilder::gateway());
        assert_eq!(self.recorder.ended().len(), 0);
        assert_eq!(self.log.lines(), NOTHING, "the hint has come already");
    }

    fn off_by_nobodys_wish(&mut self) {
        send(&self.layer.clone().enabled(false), &RequestBuilder::gateway());
        assert_eq!(self.log.lines(), NOTHING, "nothing to say where it is off on purpose");
        for _ in 0..2 {
            send(&ApiGatewayInferredSpan::new(), &RequestBuilder::gateway());
        }
        assert_eq!(
            self.log.lines(),
            ["INFO apigateway_inferred_span::hints: gateway spans are off: set \
             DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true or call .enabled(true)"]
        );
    }
}
