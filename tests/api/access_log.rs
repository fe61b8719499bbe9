//! The access log: its events, whole, and the lines that `access_log::json` makes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use apigateway_inferred_span::{access_log, ApiGatewayInferredSpan, XRay};
use opentelemetry::trace::{TraceContextExt as _, TraceId};
use opentelemetry::Context;
use serde_json::{json, Value};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use support::log::Buffer;
use support::requests::{RequestBuilder, EXAMPLE_TIME};
use support::services::{send_to_its_end, Ending};
use support::spans::{now_ms, Recorder};

const PAGE: &str = include_str!("../../docs/metrics-and-logs.md");

/// An event: its fields, and what a bridge to OpenTelemetry's logs would take from where it comes.
#[derive(Clone, Debug, Default)]
struct Seen {
    fields: BTreeMap<String, Value>,
    trace: Option<TraceId>,
}

#[derive(Clone, Default)]
struct Collect(Arc<Mutex<Vec<Seen>>>);

impl<S: Subscriber> tracing_subscriber::Layer<S> for Collect {
    fn on_event(&self, event: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() != access_log::TARGET {
            return;
        }
        assert!(event.is_root(), "the application's span isn't the parent of an access-log event");
        assert_eq!(*event.metadata().level(), tracing::Level::INFO);
        let mut seen = Seen::default();
        event.record(&mut seen);
        let current = Context::current();
        seen.trace = current.has_active_span().then(|| current.span().span_context().trace_id());
        self.0.lock().unwrap().push(seen);
    }
}

impl Visit for Seen {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.insert(field.name().to_owned(), json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), json!(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name().to_owned(), json!(format!("{value:?}")));
    }
}

fn rest_api() -> RequestBuilder {
    RequestBuilder::documented()
        .and("x-dd-proxy-resource-path", "/users/{id}")
        .and("x-dd-proxy-api-id", "a1b2c3d4e5")
        .and("x-dd-proxy-request-id", "JKJaXmPLvHcESHA=")
        .and("x-dd-proxy-user", "AIDA")
        .and("x-forwarded-for", "198.51.100.7, 10.0.0.1")
        .and("x-amzn-trace-id", "Root=1-67a92466-4b6aa15a05ffcd4c510de968")
}

fn http_api() -> RequestBuilder {
    rest_api()
        .set("x-dd-proxy", "aws-httpapi")
        .set("x-dd-proxy-resource-path", "GET /users/{id}")
        .without("x-forwarded-for")
        .and("forwarded", "by=10.0.0.1;for=198.51.100.7;host=api.example.com;proto=https")
}

/// Sends a request through the layer, in a span of the application's.
fn send(layer: &ApiGatewayInferredSpan, request: &RequestBuilder, ending: Ending) {
    tracing::info_span!("the application's").in_scope(|| send_to_its_end(layer, request, ending));
}

fn layer(recorder: &Recorder) -> ApiGatewayInferredSpan {
    recorder.layer().access_log(true)
}

/// Has a subscriber listen on this thread.
///
/// Of an event that is about to be logged for the first time, tracing asks those who listen whether they ever want it,
/// and another test's subscriber that begins at this moment isn't asked. With one that wants everything, and never ends,
/// the answer isn't no.
fn listen(subscriber: impl Into<Dispatch>) -> DefaultGuard {
    static WANTS_EVERYTHING: OnceLock<Dispatch> = OnceLock::new();
    WANTS_EVERYTHING.get_or_init(|| registry().into());
    tracing::dispatcher::set_default(&subscriber.into())
}

/// The event that a request makes, and the trace of the gateway's span.
fn event(layer: &ApiGatewayInferredSpan, request: &RequestBuilder, ending: Ending) -> Seen {
    let collect = Collect::default();
    let _guard = listen(registry().with(collect.clone()));
    send(layer, request, ending);
    let mut events = std::mem::take(&mut *collect.0.lock().unwrap());
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

/// Takes a number out that is different each time, and checks it.
fn take_ms(fields: &mut BTreeMap<String, Value>, name: &str, range: std::ops::Range<u64>) {
    let ms = fields.remove(name).and_then(|value| value.as_u64());
    assert!(ms.is_some_and(|ms| range.contains(&ms)), "{name}: {ms:?}");
}

#[test]
fn an_event_says_what_the_gateways_log_says() {
    let mut recorder = Recorder::new();
    let layer = layer(&recorder);
    let start = now_ms() - 150;
    let common = |request_time: Value| {
        json!({
            "message": "request through the gateway",
            "apiId": "a1b2c3d4e5",
            "stage": "prod",
            "requestTime": request_time,
            "requestTimeEpoch": start,
            "httpMethod": "GET",
            "path": "/users",
            "status": 404,
            "protocol": "HTTP/1.1",
            "responseLength": 6,
            "integrationStatus": 404,
            "xrayTraceId": "1-67a92466-4b6aa15a05ffcd4c510de968",
        })
    };
    for (request, more) in [
        (
            rest_api(),
            json!({ "component": "aws-apigateway", "extendedRequestId": "JKJaXmPLvHcESHA=", "resourcePath": "/users/{id}" }),
        ),
        (
            rest_api().set("x-dd-proxy-request-id", "b0a5b2a3-1bd9-4d6c-8f3e-0e6f0a0d6c11"),
            json!({ "component": "aws-apigateway", "requestId": "b0a5b2a3-1bd9-4d6c-8f3e-0e6f0a0d6c11", "resourcePath": "/users/{id}" }),
        ),
        (
            http_api(),
            json!({
                "component": "aws-httpapi",
                "requestId": "JKJaXmPLvHcESHA=",
                "extendedRequestId": "JKJaXmPLvHcESHA=",
                "routeKey": "GET /users/{id}",
            }),
        ),
        (
            http_api().set("x-dd-proxy-resource-path", "$default"),
            json!({
                "component": "aws-httpapi",
                "requestId": "JKJaXmPLvHcESHA=",
                "extendedRequestId": "JKJaXmPLvHcESHA=",
                "routeKey": "$default",
            }),
        ),
    ] {
        let Seen { mut fields, trace } = event(&layer, &request.at(start), Ending::Status(404));
        let span = recorder.ended().remove(0);
        take_ms(&mut fields, "responseLatency", 130..10_000);
        take_ms(&mut fields, "integrationLatency", 0..10_000);
        let mut expected = common(fields["requestTime"].clone());
        let object = expected.as_object_mut().unwrap();
        object.extend(more.as_object().unwrap().clone());
        let low = u64::from_be_bytes(span.trace_id.to_bytes()[8..].try_into().unwrap());
        object.insert("trace_id".to_owned(), json!(span.trace_id.to_string()));
        object.insert("span_id".to_owned(), json!(span.span_id.to_string()));
        object.insert("dd.trace_id".to_owned(), json!(low.to_string()));
        object.insert("dd.span_id".to_owned(), json!(u64::from_be_bytes(span.span_id.to_bytes()).to_string()));
        assert_eq!(json!(fields), expected);
        assert_eq!(trace, Some(span.trace_id));
    }
}

/// The fields in the first column of the module's table.
fn documented_fields() -> BTreeSet<String> {
    let module = include_str!("../../src/access_log/mod.rs");
    let rows = module.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let names = |row: &str| row.split(" | ").next().expect("a column").replace('`', "");
    rows.flat_map(|row| {
        let names = names(row).replace(" or ", ", ");
        names.split(", ").map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn the_documented_fields_are_those_of_the_events() {
    let recorder = Recorder::new();
    let layer = layer(&recorder).record_user(true).record_client_address(true);
    let mut found = BTreeSet::new();
    for (request, answer) in
        [(rest_api(), Ending::Status(200)), (http_api(), Ending::Status(200)), (rest_api(), Ending::Never)]
    {
        found.extend(event(&layer, &request.aged(Duration::from_millis(150)), answer).fields.into_keys());
    }
    found.remove("message");
    assert_eq!(found, documented_fields());
}

#[test]
fn the_time_is_in_the_common_log_format() {
    let recorder = Recorder::new();
    for (time, expected) in [
        (EXAMPLE_TIME, "24/Oct/2024:14:27:05 +0000"),
        (1_709_164_799_999, "28/Feb/2024:23:59:59 +0000"),
        (1_709_164_800_000, "29/Feb/2024:00:00:00 +0000"),
        (253_402_200_000_000, "30/Dec/9999:20:00:00 +0000"),
    ] {
        let fields = event(&layer(&recorder), &rest_api().at(time), Ending::Status(200)).fields;
        assert_eq!((&fields["requestTime"], &fields["requestTimeEpoch"]), (&json!(expected), &json!(time)));
        // None of these is a time of now, so that nothing can be measured from it.
        assert!(!fields.contains_key("responseLatency"), "{time}");
    }
}

#[test]
fn what_failed_is_the_integrations_error() {
    let recorder = Recorder::new();
    let soon = layer(&recorder).integration_timeout(Duration::from_millis(300));
    let whole = layer(&recorder);
    for (layer, answer, status, integration_status, error) in [
        (&whole, Ending::Status(200), Some(200), Some(200), None),
        (&whole, Ending::Status(503), Some(503), Some(503), None),
        (&whole, Ending::Panic, None, None, Some("panic")),
        (&whole, Ending::Never, None, None, Some("cancelled")),
        (&soon, Ending::Never, Some(504), None, Some("timeout")),
    ] {
        let request = rest_api().aged(Duration::from_millis(150));
        let fields = event(layer, &request, answer).fields;
        let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
        assert_eq!(get("status"), json!(status), "{answer:?}");
        assert_eq!(get("integrationStatus"), json!(integration_status), "{answer:?}");
        assert_eq!(get("integrationError"), json!(error), "{answer:?}");
    }
}

#[test]
fn personal_data_is_logged_only_on_request() {
    let recorder = Recorder::new();
    // Whatever the order of the settings.
    let personal = recorder.layer().record_user(true).access_log(true).record_client_address(true);
    for (layer, request, ip, user) in [
        (layer(&recorder), rest_api(), None, None),
        (personal.clone(), rest_api(), Some("198.51.100.7"), Some("AIDA")),
        (personal, http_api(), Some("198.51.100.7"), Some("AIDA")),
    ] {
        let fields = event(&layer, &request, Ending::Status(200)).fields;
        let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
        assert_eq!((get("ip"), get("user")), (json!(ip), json!(user)));
    }
}

#[test]
fn a_request_without_a_span_is_logged_too() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let x_ray = "Root=1-67a92466-4b6aa15a05ffcd4c510de968;Parent=53995c3f42cd8ad8;Sampled=1";
    let none = opentelemetry::trace::noop::NoopTracerProvider::new();
    let recorder = Recorder::new();
    let no_provider = layer(&recorder).tracer_provider(&none);
    let unsampled = traceparent.replace("-01", "-00");
    for (layer, header, value, trace) in [
        (no_provider.clone(), "x-any", "", None),
        (no_provider, "traceparent", traceparent, Some("4bf92f3577b34da6a3ce929d0e0e4736")),
        (layer(&recorder), "traceparent", &unsampled, Some("4bf92f3577b34da6a3ce929d0e0e4736")),
        (layer(&recorder).x_ray(XRay::Defer), "x-amzn-trace-id", x_ray, Some("67a924664b6aa15a05ffcd4c510de968")),
    ] {
        let request = rest_api().set(header, value).at(now_ms());
        let seen = event(&layer, &request, Ending::Status(200));
        let found = seen.fields.get("trace_id").and_then(Value::as_str);
        assert_eq!((found, seen.trace.map(|trace| trace.to_string()).as_deref()), (trace, trace));
        assert_eq!(seen.fields["status"], 200);
    }
}

#[test]
fn it_is_off_by_default_and_can_be_turned_off() {
    let recorder = Recorder::new();
    let collect = Collect::default();
    let _guard = listen(registry().with(collect.clone()));
    send(&recorder.layer(), &rest_api(), Ending::Status(200));
    send(&layer(&recorder).access_log(false), &rest_api(), Ending::Status(200));
    // A request that isn't the gateway's, and one that isn't believed.
    send(&layer(&recorder), &RequestBuilder::plain(), Ending::Status(200));
    send(&layer(&recorder).allow_domains(["other.example.com"]), &rest_api(), Ending::Status(200));
    assert_eq!(collect.0.lock().unwrap().len(), 0);
}

/// The lines of `access_log::json`, among other events.
fn json_lines(layer: &ApiGatewayInferredSpan, requests: &[RequestBuilder]) -> Vec<String> {
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = registry().with(access_log::json_with_writer(move || writer.clone()));
    let _guard = listen(subscriber);
    tracing::info!("of another target");
    tracing::error!(target: "apigateway::access::other", "of another target");
    tracing::info!(target: "apigateway::access", "of somebody else");
    for request in requests {
        send(layer, request, Ending::Status(200));
    }
    buffer.take().lines().map(str::to_owned).collect()
}

/// The keys of a stage's format as the page has it, and whether each is in quotes.
fn format_on_the_page(heading: &str) -> Vec<(String, bool)> {
    let section = PAGE.split(heading).nth(1).unwrap_or_else(|| panic!("no heading {heading}"));
    let format = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a format");
    let body = format.trim().strip_prefix('{').and_then(|body| body.strip_suffix('}')).expect("one object");
    let pairs = body.split(',').map(|pair| pair.split_once(':').expect("a key and a value"));
    pairs.map(|(key, value)| (key.trim_matches('"').to_owned(), value.starts_with('"'))).collect()
}

#[test]
fn a_line_has_the_keys_order_and_types_of_the_stages_format() {
    let recorder = Recorder::new();
    let layer = layer(&recorder).record_user(true).record_client_address(true);
    for (heading, request, at_least) in
        [("### A REST API's format", rest_api(), 20), ("### An HTTP API's format", http_api(), 19)]
    {
        let format = format_on_the_page(heading);
        assert_eq!(format.len(), at_least, "{heading}");
        let lines = json_lines(&layer, &[request.aged(Duration::from_millis(150))]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line: Value = serde_json::from_str(&lines[0]).expect("JSON");
        // In the order of the line, which the parser doesn't keep.
        let mut rest = lines[0].as_str();
        for (key, is_text) in &format {
            let at = rest.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key} isn't behind those before it"));
            rest = &rest[at..];
            assert_eq!(line[key].is_string(), *is_text, "{key}: {}", line[key]);
        }
        let ours = ["trace_id", "span_id", "dd.trace_id", "dd.span_id"];
        assert_eq!(line.as_object().unwrap().len(), format.len() + ours.len());
        assert!(ours.into_iter().all(|key| rest.contains(&format!("\"{key}\":\""))), "{rest}");
    }
}

#[test]
fn the_workshops_gateway_logs_in_the_pages_format() {
    let workshop = include_str!("../../examples/workshop/gateway/access_log.rs");
    let section = PAGE.split("### A REST API's format").nth(1).expect("a section");
    let format = section.split("```json\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("a format");
    assert!(workshop.contains(&format!("r#\"{format}\"#")), "{format}");
}

#[test]
fn filters_of_subscribers_and_writers_see_the_events() {
    use tracing_subscriber::fmt::writer::MakeWriterExt as _;
    use tracing_subscriber::{EnvFilter, Layer as _};

    let recorder = Recorder::new();
    for (filter, takes, lines) in [
        ("info", true, 1),
        ("info", false, 0),
        ("off,apigateway::access=info", true, 1),
        ("off,apigateway::access[{requestId}]=info", true, 1),
        ("info,apigateway::access=off", true, 0),
    ] {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let writer = (move || writer.clone()).with_filter(move |_| takes);
        let json = access_log::json_with_writer(writer).with_filter(EnvFilter::new(filter));
        let _guard = listen(registry().with(json));
        send(&layer(&recorder), &rest_api(), Ending::Status(200));
        assert_eq!(buffer.take().lines().count(), lines, "{filter}, {takes}");
    }
}

#[test]
fn a_line_is_json_whatever_a_client_sends() {
    let recorder = Recorder::new();
    let hostile = ["\"", "\\", "a\\\",\"status\":200,\"x\":\"", "\u{e9}\u{1f600}", "-"];
    let requests = hostile.map(|value| rest_api().set("x-dd-proxy-stage", value));
    let lines = json_lines(&layer(&recorder), &requests);
    let stages: Vec<_> = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["stage"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(stages, hostile);
}
