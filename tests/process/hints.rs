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
fn each_hint_comes_once_whatever_clients_send() {
    let recorder = Recorder::new();
    let mut process = Process { log: Log::collect(), layer: recorder.layer(), recorder };
    // In this order: the first counts requests without headers, the second rejections before any request is accepted,
    // and the last but one shuts the provider down.
    process.headers_missing_from_the_first_thousand();
    process.rejections();
    process.a_mapping_with_mistakes();
    process.a_traceparent_that_nobody_reads();
    process.a_layer_that_isnt_outermost();
    process.settings_that_cant_be_used();
    process.attributes_that_are_dropped();
    #[cfg(feature = "metrics")]
    process.more_series_than_are_kept_apart();
    #[cfg(feature = "export")]
    process.more_services_than_exporters();
    process.no_tracer_provider();
    process.a_provider_that_is_shut_down();
    process.off_by_nobodys_wish();
}

/// A request that nothing is to be said of.
fn fine() -> RequestBuilder {
    RequestBuilder::documented().aged(std::time::Duration::from_millis(50))
}

impl Process {
    /// The lines at info and above of a thousand such requests.
    fn lines(&self, layer: &ApiGatewayInferredSpan, request: &RequestBuilder) -> Vec<String> {
        for _ in 0..1_000 {
            send(layer, request);
        }
        self.log.lines().into_iter().filter(|line| !line.starts_with("DEBUG")).collect()
    }

    fn headers_missing_from_the_first_thousand(&mut self) {
        let rest_without_proxy = fine().without("x-dd-proxy");
        for _ in 0..10 {
            send(&self.layer, &rest_without_proxy);
        }
        assert_eq!(
            self.log.lines(),
            ["WARN apigateway_inferred_span::hints::mapping: no gateway span: a request has x-dd-proxy-* headers, but no \
             x-dd-proxy; map it too: to 'aws-apigateway' on a REST API, to aws-httpapi on an HTTP API"]
        );
        for _ in 10..999 {
            send(&self.layer, &RequestBuilder::plain());
        }
        assert_eq!(self.log.lines(), NOTHING);
        assert_eq!(
            self.lines(&self.layer, &RequestBuilder::plain()),
            ["INFO apigateway_inferred_span::hints::mapping: no gateway span so far: none of the first 1000 requests had \
             the header x-dd-proxy; add it to the API's integration (header mapping)"]
        );
        assert_eq!(self.lines(&self.layer, &rest_without_proxy), NOTHING);
    }

    fn rejections(&mut self) {
        let no_time = fine().without("x-dd-proxy-request-time-ms");
        for _ in 0..2 {
            send(&self.layer, &no_time);
        }
        assert_eq!(
            self.log.lines(),
            [
                "WARN apigateway_inferred_span::hints::mapping: no gateway span: header x-dd-proxy-request-time-ms is \
                 missing (the first one; the next ones of this kind at debug)",
                "DEBUG apigateway_inferred_span::hints::mapping: no gateway span: header x-dd-proxy-request-time-ms is \
                 missing"
            ]
        );
        assert_eq!(
            self.lines(&self.layer, &no_time),
            ["WARN apigateway_inferred_span::hints::mapping: no gateway span so far: all of the first 100 requests \
             through a gateway were rejected for one reason, the last one because: header x-dd-proxy-request-time-ms is \
             missing"]
        );
        // Each reason is said once; what a client sends is escaped and cut.
        for (name, value, said) in [
            ("x-dd-proxy", "\"'aws-apigateway'\"", "header x-dd-proxy should be one of aws-apigateway, aws-httpapi, azure-apim, azure-gw, azure-fd, found \"\\\"'aws-apigateway'\\\"\""),
            ("x-dd-proxy-request-time-ms", "context.requestTimeEpoch", "header x-dd-proxy-request-time-ms should be milliseconds since 1970 in decimal digits, found \"context.requestTimeEpoch\""),
            ("x-dd-proxy-request-time-ms", "1729780025473000", "header x-dd-proxy-request-time-ms should be milliseconds since 1970 (13 digits today), found \"1729780025473000\""),
        ] {
            assert_eq!(
                self.lines(&self.layer, &fine().set(name, value)),
                [format!("WARN apigateway_inferred_span::hints::mapping: no gateway span: {said} (the first one; the next ones of this kind at debug)")]
            );
        }
        // What the operator wishes is no mistake.
        let picky = self.layer.clone().accept_if(|_| false);
        assert_eq!(self.lines(&picky, &fine()), NOTHING);
        assert_eq!(self.recorder.ended().len(), 0);
        assert_eq!(self.lines(&self.layer, &fine()), NOTHING);
        assert_eq!(self.recorder.ended().len(), 1_000);
    }

    fn a_mapping_with_mistakes(&mut self) {
        let seconds = support::spans::now_ms() / 1_000 - 1;
        for (request, said) in [
            (
                fine().at(seconds),
                "header x-dd-proxy-request-time-ms came in seconds and is read as such; map it to milliseconds: \
                 ${context.requestTimeEpoch}000 on an HTTP API"
                    .to_owned(),
            ),
            (
                fine().set("x-dd-proxy", "'aws-apigateway'"),
                "x-dd-proxy headers came in single quotes, which are dropped; a static value is quoted in a REST API's \
                 mapping and bare in an HTTP API's"
                    .to_owned(),
            ),
            (
                fine().set("x-dd-proxy-domain-name", "https://api.example.com"),
                "x-dd-proxy-domain-name is missing or no host: gateway spans without it have the application's service"
                    .to_owned(),
            ),
        ] {
            let line = format!("WARN apigateway_inferred_span::hints::mapping: {said}");
            assert_eq!(self.lines(&self.layer, &request), [line]);
        }
        let old = self.lines(&self.layer, &fine().at(1_729_780_025_473));
        let [line] = &old[..] else { panic!("{old:?}") };
        assert!(line.contains("a request's x-dd-proxy-request-time-ms is "), "{line}");
        assert!(line.ends_with(".max_request_age(limit) rejects such requests"), "{line}");
        let crowded = self.layer.clone().max_services(0);
        assert_eq!(
            self.lines(&crowded, &fine()),
            ["WARN apigateway_inferred_span::hints: more distinct x-dd-proxy-domain-name than .max_services(n): the \
             gateway's spans for further ones keep the application's service; if they aren't yours, use .allow_domains"]
        );
        self.recorder.ended();
    }

    fn a_traceparent_that_nobody_reads(&mut self) {
        let layer = self.layer.clone().propagator(opentelemetry_sdk::propagation::BaggagePropagator::new());
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(
            self.lines(&layer, &fine().and("traceparent", traceparent)),
            ["WARN apigateway_inferred_span::hints: a request has traceparent, but the propagator doesn't read it, so that \
             its trace ends here; install opentelemetry_sdk's TraceContextPropagator with \
             opentelemetry::global::set_text_map_propagator, or have tracecontext in OTEL_PROPAGATORS if you use \
             otlp::init"]
        );
        self.recorder.ended();
    }

    fn a_layer_that_isnt_outermost(&mut self) {
        let outer = self.recorder.provider.tracer("app").start("outer");
        let outer = opentelemetry::Context::current_with_span(outer).attach();
        let lines = self.lines(&self.layer, &fine());
        drop(outer);
        assert_eq!(
            lines,
            ["WARN apigateway_inferred_span::hints: a span of this application is current where the gateway's request \
             arrives: the gateway's span links to it and isn't its child; add the layer outermost (last in axum and \
             actix-web, first in tonic and ServiceBuilder), and put no span around a connection"]
        );
        self.recorder.ended();
    }

    fn settings_that_cant_be_used(&mut self) {
        use std::time::Duration;

        let layer = self
            .layer
            .clone()
            .allow_domains(["https://a.example", "b.example"])
            .allow_api_ids([""])
            .shared_secret("x-secret", "\n")
            .max_request_age(Duration::ZERO)
            .integration_timeout(Duration::ZERO)
            .service_mapping("a b", "c");
        // Said for a service, and not for each clone of it.
        let lines: Vec<_> = self.lines(&layer, &RequestBuilder::plain());
        let said = [
            "allow_domains: \"https://a.example\" is no domain, such as api.example.com, localhost:4566 or \
             *.example.com, and matches no request",
            "allow_api_ids: \"\" is no id of an API, such as a1b2c3d4e5, and matches no request",
            "shared_secret: the secret is empty, so that no request is trusted",
            "max_request_age: 0 s rejects nearly every request",
            "integration_timeout: with 0 s every request would be a timeout; the gateway's default is used",
            "service_mapping: \"a b\" is no domain; ignored",
        ];
        assert_eq!(lines, said.map(|said| format!("WARN apigateway_inferred_span::unusable: {said}")));
        // A value that is mended isn't complained about.
        let mended = layer.allow_domains(["a.example"]).allow_api_ids(["a"]).shared_secret("x-secret", "a");
        assert_eq!(self.lines(&mended, &RequestBuilder::plain()), NOTHING);
    }

    #[cfg(feature = "metrics")]
    fn more_series_than_are_kept_apart(&mut self) {
        let meters = support::metrics::Meters::new();
        let layer = self.layer.clone().meter_provider(&meters.provider);
        let send = |range: std::ops::Range<u32>| {
            for stage in range {
                send(&layer, &fine().set("x-dd-proxy-stage", stage.to_string()));
            }
            self.log.lines().into_iter().filter(|line| !line.starts_with("DEBUG")).collect::<Vec<_>>()
        };
        assert_eq!(send(0..1_000), NOTHING);
        assert_eq!(
            send(900..1_100),
            ["WARN apigateway_inferred_span::hints: more than 1000 combinations of x-dd-proxy-domain-name, API id, stage \
             and x-dd-proxy-resource-path: the gateway's metrics have _other for further ones; if they aren't yours, a client \
             makes them up: use .shared_secret"]
        );
        self.recorder.ended();
    }

    /// Once for each exporter.
    #[cfg(feature = "export")]
    fn more_services_than_exporters(&self) {
        use apigateway_inferred_span::export::PerServiceExporter;
        use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

        let exporter = PerServiceExporter::new(InMemorySpanExporter::default).max_services(3);
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
        let layer = self.layer.clone().tracer_provider(&provider).max_services(2_000);
        let send = |range: std::ops::Range<u32>| {
            for number in range {
                send(&layer, &fine().set("x-dd-proxy-domain-name", format!("{number}.example.com")));
            }
            self.log.lines().into_iter().filter(|line| !line.starts_with("DEBUG")).collect::<Vec<_>>()
        };
        assert_eq!(send(0..3), NOTHING);
        assert_eq!(
            send(3..1_000),
            ["WARN apigateway_inferred_span::export::per_service: more services than exporters (max_services): the spans of \
             some are exported under the application's own Resource"]
        );
    }

    fn attributes_that_are_dropped(&mut self) {
        let layer = self.layer.clone().attributes(|_| [opentelemetry::KeyValue::new("service.name", "evil")]);
        assert_eq!(
            self.lines(&layer, &fine()),
            ["WARN apigateway_inferred_span::hints: some of .attributes(..) are dropped: at most 16 are set, lists have at \
             most 1 KiB, and names that the gateway's span uses itself are not overridden"]
        );
        self.recorder.ended();
    }

    fn no_tracer_provider(&mut self) {
        let nowhere = self.layer.clone().tracer_provider(&NoopTracerProvider::new());
        assert_eq!(
            self.lines(&nowhere, &fine()),
            ["WARN apigateway_inferred_span::hints: no gateway span: no tracer provider of opentelemetry 0.33 is installed; \
             install one with opentelemetry::global::set_tracer_provider, hand it to .tracer_provider(&provider), or call \
             otlp::init of the feature otlp (if one \
             is installed, it is of another version: cargo tree --invert opentelemetry; or it has been shut down: keep the \
             guard of otlp::init to the end of main)"]
        );
    }

    fn a_provider_that_is_shut_down(&mut self) {
        self.recorder.provider.shutdown().expect("shut down");
        assert_eq!(self.lines(&self.layer, &fine()), NOTHING, "the hint has come already");
        assert_eq!(self.recorder.ended().len(), 0);
    }

    fn off_by_nobodys_wish(&mut self) {
        assert_eq!(self.lines(&self.layer.clone().enabled(false), &fine()), NOTHING, "where it is off on purpose");
        assert_eq!(
            self.lines(&ApiGatewayInferredSpan::new(), &fine()),
            ["INFO apigateway_inferred_span::hints: gateway spans are off: set \
             DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED=true or call .enabled(true)"]
        );
    }
}
