//! The gateway as a separate service: spans of the layer through the SDK's processors, and OTLP's exporters.

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use apigateway_inferred_span::export::PerServiceExporter;
use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::trace::{SpanKind, Tracer as _, TracerProvider as _};
use opentelemetry::{KeyValue, Value};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter, TracerProviderBuilder};
use opentelemetry_sdk::Resource;
use tower::{service_fn, Layer, ServiceExt};

use support::requests::RequestBuilder;

fn resource(attributes: &[(&'static str, &str)]) -> Resource {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(key, value)| KeyValue::new(*key, value.to_string()));
    Resource::builder_empty().with_attributes(attributes).build()
}

/// Sends a request through the layer to an application with a server span, and waits until both are exported.
async fn request_through(provider: &SdkTracerProvider) {
    let tracer = provider.tracer("application");
    let application = service_fn(move |_: Request<()>| {
        let span = tracer.span_builder("GET /users/{id}").with_kind(SpanKind::Server);
        drop(span.start(&tracer));
        async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
    });
    let layer = ApiGatewayInferredSpan::new().enabled(true).tracer_provider(provider);
    let request = RequestBuilder::documented()
        .set("x-dd-proxy-path", "/users/42")
        .and("x-dd-proxy-account-id", "123456789123")
        .and("x-dd-proxy-region", "eu-west-3");
    let response = layer.layer(application).oneshot(request.body(())).await;
    drop(response.expect("infallible"));
    provider.force_flush().expect("flushed");
}

/// What one exporter has received.
#[derive(Clone, Debug)]
struct Exported {
    resource: Resource,
    spans: Vec<SpanData>,
    is_shut_down: bool,
}

/// All exporters of one test, in the order in which they were made.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<Exported>>>);

impl Recorder {
    fn exporters(&self) -> MutexGuard<'_, Vec<Exported>> {
        self.0.lock().expect("not poisoned")
    }

    fn per_service(&self) -> PerServiceExporter<RecordingExporter> {
        let recorder = self.clone();
        PerServiceExporter::new(move || {
            let mut exporters = recorder.exporters();
            let index = exporters.len();
            let resource = Resource::builder_empty().build();
            exporters.push(Exported { resource, spans: Vec::new(), is_shut_down: false });
            RecordingExporter { recorder: recorder.clone(), index }
        })
    }
}

#[derive(Debug)]
struct RecordingExporter {
    recorder: Recorder,
    index: usize,
}

impl SpanExporter for RecordingExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        assert!(!batch.is_empty(), "exported an empty batch");
        let exported = &mut self.recorder.exporters()[self.index];
        assert!(!exported.is_shut_down, "exported after its shutdown");
        exported.spans.extend(batch);
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        let was_shut_down = std::mem::replace(&mut self.recorder.exporters()[self.index].is_shut_down, true);
        assert!(!was_shut_down, "shut down twice");
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.recorder.exporters()[self.index].resource = resource.clone();
    }
}

type AddExporter = fn(TracerProviderBuilder, PerServiceExporter<RecordingExporter>) -> TracerProviderBuilder;

const PROCESSORS: [AddExporter; 2] = [
    |builder, exporter| builder.with_simple_exporter(exporter),
    |builder, exporter| builder.with_batch_exporter(exporter),
];

fn application() -> Resource {
    resource(&[
        ("service.name", "users"),
        ("service.version", "1.2.3"),
        ("host.name", "ip-10-0-0-1"),
        ("deployment.environment.name", "prod"),
    ])
}

/// The provider after a request, and its exporters.
async fn after_request(add_exporter: AddExporter) -> (SdkTracerProvider, Recorder) {
    let recorder = Recorder::default();
    let builder = SdkTracerProvider::builder().with_resource(application());
    let provider = add_exporter(builder, recorder.per_service()).build();
    request_through(&provider).await;
    (provider, recorder)
}

/// What the exporters of the application and of the gateway have received of a request, in this order: a span each.
async fn export_request(add_exporter: AddExporter) -> [(Resource, SpanData); 2] {
    let (_provider, recorder) = after_request(add_exporter).await;
    let exported = recorder.exporters().clone();
    let exported: Vec<_> = exported
        .into_iter()
        .map(|Exported { resource, spans, .. }| match <[SpanData; 1]>::try_from(spans) {
            Ok([span]) => (resource, span),
            Err(spans) => panic!("expected one span under {resource:?}, found {spans:?}"),
        })
        .collect();
    exported.try_into().expect("two exporters")
}

#[tokio::test]
async fn gateway_span_is_exported_under_its_domain() {
    for add_exporter in PROCESSORS {
        let [_, (gateway, span)] = export_request(add_exporter).await;
        let expected = resource(&[
            ("service.name", "api.example.com"),
            ("deployment.environment.name", "prod"),
            ("cloud.provider", "aws"),
        ]);
        assert_eq!(gateway, expected);
        assert_eq!(span.name, "aws.apigateway");
    }
}

#[tokio::test]
async fn gateway_span_keeps_its_service_name() {
    for add_exporter in PROCESSORS {
        let [_, (_, span)] = export_request(add_exporter).await;
        // Datadog takes the service from here, whatever the Resource.
        let service = KeyValue::new("service.name", Value::from("api.example.com"));
        assert!(span.attributes.contains(&service));
    }
}

#[tokio::test]
async fn server_span_is_exported_under_the_application() {
    for add_exporter in PROCESSORS {
        let [(server, span), (_, gateway)] = export_request(add_exporter).await;
        assert_eq!(server, application());
        assert_eq!(span.name, "GET /users/{id}");
        assert_eq!(span.parent_span_id, gateway.span_context.span_id());
    }
}

#[tokio::test]
async fn provider_shutdown_reaches_every_exporter() {
    for add_exporter in PROCESSORS {
        let (provider, recorder) = after_request(add_exporter).await;
        provider.shutdown().expect("shut down");
        assert!(recorder.exporters().iter().all(|exporter| exporter.is_shut_down));
    }
}

/// Answers every request on a connection with 200 and returns their bodies.
fn serve(connection: TcpStream) -> std::io::Result<Vec<Vec<u8>>> {
    let mut reader = BufReader::new(connection);
    let mut bodies = Vec::new();
    loop {
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line != "\r\n" {
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            line.clear();
        }
        if line.is_empty() {
            return Ok(bodies);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        bodies.push(body);
        let response = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        reader.get_mut().write_all(response)?;
    }
}

#[tokio::test]
async fn otlp_exporters_share_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().expect("bound"));
    let server = thread::spawn(move || {
        let (connection, _) = listener.accept().expect("a connection");
        serve(connection).expect("served")
    });

    let client = thread::spawn(|| reqwest::blocking::Client::builder().no_proxy().build());
    let client = client.join().expect("no panic").expect("a client");
    let exporter = PerServiceExporter::new(move || {
        opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client.clone())
            .with_endpoint(&endpoint)
            .build()
            .expect("an exporter")
    });
    let provider = SdkTracerProvider::builder()
        .with_resource(resource(&[("service.name", "users-app")]))
        .with_batch_exporter(exporter)
        .build();
    request_through(&provider).await;
    provider.shutdown().expect("shut down");
    drop(provider);

    let bodies = server.join().expect("served");
    let says = |body: &[u8], text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    assert_eq!(bodies.len(), 2);
    let expected = [("users-app", "api.example.com"), ("api.example.com", "users-app")];
    for (body, (service, other)) in bodies.iter().zip(expected) {
        assert!(says(body, service) && !says(body, other));
    }
}

/// The example of the module's docs, letter for letter: its exporters need crates that the library's tests go without.
#[rustfmt::skip]
mod docs {
use std::thread;

use apigateway_inferred_span::export::PerServiceExporter;
use apigateway_inferred_span::ApiGatewayInferredSpan;
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::trace::SdkTracerProvider;

pub(super) fn example() -> ApiGatewayInferredSpan {
// A blocking client must not be created in async code, so use a separate thread.
let client = thread::spawn(reqwest::blocking::Client::new).join().expect("a client");
let exporter = PerServiceExporter::new(move || {
    SpanExporter::builder()
        .with_http()
        .with_http_client(client.clone())
        .build()
        .expect("a valid configuration")
});
let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
let layer = ApiGatewayInferredSpan::new().tracer_provider(&provider);
assert!(provider.shutdown().is_ok());
layer
}
}

#[tokio::test]
async fn example_of_the_docs_runs() {
    let docs = include_str!("../../src/export/mod.rs");
    let lines = docs.lines().skip_while(|line| *line != "//! ```ignore").skip(1).take_while(|line| *line != "//! ```");
    let code: Vec<_> = lines.map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default()).collect();
    assert!(code.len() > 15, "{code:?}");
    let here = include_str!("export.rs");
    assert!(code.iter().all(|line| here.contains(&format!("\n{line}\n"))), "the docs' example isn't what is run here");
    drop(docs::example());
}
