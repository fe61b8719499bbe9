//! The gateway's span as two, of requests through the layer: next to the same spans as they were made.

use std::convert::Infallible;

use apigateway_inferred_span::export::PerServiceExporter;
use apigateway_inferred_span::{ApiGatewayInferredSpan, XRay};
use http::{Request, Response};
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{SpanKind, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use opentelemetry_sdk::Resource;
use tower::{service_fn, Layer as _, ServiceExt as _};

use golden::Golden;
use support::datadog::DatadogPropagator;
use support::requests::RequestBuilder;
use support::spans::now_ms;

const RECORDED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// What was exported of one request.
struct Exported {
    /// The spans as they were made.
    made: Vec<SpanData>,
    /// The same through a `PerServiceExporter`.
    sent: Vec<SpanData>,
}

type Set = fn(PerServiceExporter<InMemorySpanExporter>) -> PerServiceExporter<InMemorySpanExporter>;

const ON: Set = |exporter| exporter.service_graph(true);

/// Sends a request through the layer to an application with a server span.
async fn export(request: Request<()>, x_ray: XRay, set: Set) -> Exported {
    let [made, sent] = [(); 2].map(|()| InMemorySpanExporter::default());
    let exporter = sent.clone();
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().with_service_name("users").build())
        .with_simple_exporter(made.clone())
        .with_simple_exporter(set(PerServiceExporter::new(move || exporter.clone())))
        .build();
    let tracer = provider.tracer("application");
    let application = service_fn(move |_: Request<()>| {
        drop(tracer.span_builder("GET /users/{id}").with_kind(SpanKind::Server).start(&tracer));
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    });
    let layer = ApiGatewayInferredSpan::new().enabled(true).tracer_provider(&provider).x_ray(x_ray);
    let layer = layer.propagator(TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(DatadogPropagator::new()),
    ]));
    drop(layer.layer(application).oneshot(request).await.expect("infallible"));
    let [made, sent] = [made, sent].map(|spans| spans.get_finished_spans().expect("spans"));
    Exported { made, sent }
}

fn golden_requests() -> impl Iterator<Item = (String, Request<()>)> {
    Golden::read().requests.into_iter().map(|request| {
        let mut sent = Request::builder().method(request.method.as_str()).uri(request.path.as_str());
        for (name, value) in request.headers(now_ms()) {
            sent = sent.header(name, value);
        }
        (request.id, sent.body(()).expect("a request"))
    })
}

fn is_gateway(span: &SpanData) -> bool {
    span.attributes.iter().any(|attribute| attribute.key.as_str() == "_dd.inferred_span")
}

#[tokio::test]
async fn golden_requests_are_exported_as_they_are_while_it_is_off() {
    let off: [Set; 2] = [|exporter| exporter, |exporter| exporter.service_graph(false)];
    let mut gateways = 0;
    for set in off {
        for (id, request) in golden_requests() {
            let Exported { made, sent } = export(request, XRay::Link, set).await;
            assert_eq!(sent, made, "{id}");
            gateways += sent.iter().filter(|span| is_gateway(span)).count();
        }
    }
    assert!(gateways > 20, "{gateways}");
}

#[tokio::test]
async fn golden_requests_are_the_same_but_for_the_new_id_while_it_is_on() {
    for (id, request) in golden_requests() {
        let Exported { made, sent } = export(request, XRay::Link, ON).await;
        let gateways = made.iter().filter(|span| is_gateway(span)).count();
        assert_eq!(sent.len(), made.len() + gateways, "{id}");
        let mut sent = sent.into_iter();
        for span in made {
            let incoming = sent.next().expect("a span");
            if !is_gateway(&span) {
                assert_eq!(incoming, span, "{id}");
                continue;
            }
            let outgoing = sent.next().expect("the other half");
            assert_eq!(outgoing.span_context, span.span_context, "{id}");
            assert_eq!(outgoing.parent_span_id, incoming.span_context.span_id(), "{id}");
            assert_eq!(outgoing.span_kind, SpanKind::Client, "{id}");
            let (new, old) = (&incoming.span_context, &span.span_context);
            assert_ne!(new.span_id(), old.span_id(), "{id}");
            assert_eq!(
                (new.trace_id(), new.trace_flags(), new.trace_state()),
                (old.trace_id(), old.trace_flags(), old.trace_state()),
                "{id}"
            );
            assert_eq!(SpanData { span_context: span.span_context.clone(), ..incoming }, span, "{id}");
        }
    }
}

#[tokio::test]
async fn what_is_not_sampled_and_what_x_ray_recorded_make_nothing_new() {
    let unsampled =
        RequestBuilder::documented().set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
    let deferred = RequestBuilder::documented().set("x-amzn-trace-id", RECORDED);
    for (request, spans) in [(unsampled, 0), (deferred, 1)] {
        let Exported { made, sent } = export(request.body(()), XRay::Defer, ON).await;
        assert_eq!((made.len(), made.iter().any(is_gateway)), (spans, false));
        assert_eq!(sent, made);
    }
}

#[tokio::test]
async fn links_stay_with_the_incoming_half() {
    let request = RequestBuilder::documented().set("x-amzn-trace-id", RECORDED);
    let Exported { sent, .. } = export(request.body(()), XRay::Link, ON).await;
    let links: Vec<_> = sent.iter().map(|span| (span.span_kind.clone(), span.links.len())).collect();
    assert_eq!(links, [(SpanKind::Server, 0), (SpanKind::Server, 1), (SpanKind::Client, 0)]);
}
