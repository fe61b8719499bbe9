//! What the layer records as metrics, read through an SDK's reader.

use std::convert::Infallible;
use std::time::Duration;

use apigateway_inferred_span::{ApiGatewayInferredSpan, InferredSpan, XRay};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::Full;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::{json, Value};
use tower::{service_fn, Layer as _, ServiceExt as _};

use support::metrics::{Meters, Point};
use support::requests::RequestBuilder;
use support::services::{self, send_to_its_end, Ending};
use support::spans::{now_ms, Recorder};

const DURATIONS: [&str; 3] = [
    "inferred_gateway.request.duration",
    "inferred_gateway.integration.duration",
    "inferred_gateway.overhead.duration",
];
const ACTIVE: &str = "inferred_gateway.active_requests";
const REJECTED: &str = "inferred_gateway.rejected_requests";

/// Old enough to be told from nothing, and younger than any timeout.
const AGE: Duration = Duration::from_millis(150);

/// A request of a REST API whose time isn't a whole second.
fn request() -> RequestBuilder {
    let request = RequestBuilder::documented()
        .and("x-dd-proxy-resource-path", "/users/{id}")
        .and("x-dd-proxy-api-id", "a1b2c3d4e5");
    request.at(with_a_fraction(now_ms() - AGE.as_millis() as u64))
}

fn with_a_fraction(time: u64) -> u64 {
    time + u64::from(time.is_multiple_of(1_000))
}

/// The attributes that requests have from their beginning.
fn attributes() -> Value {
    json!({
        "http.request.method": "GET",
        "component": "aws-apigateway",
        "server.address": "api.example.com",
        "apiid": "a1b2c3d4e5",
        "stage": "prod",
    })
}

fn with(mut attributes: Value, more: Value) -> Value {
    let object = attributes.as_object_mut().expect("an object");
    object.extend(more.as_object().expect("an object").clone());
    attributes
}

fn layer(meters: &Meters, spans: &SdkTracerProvider) -> ApiGatewayInferredSpan {
    ApiGatewayInferredSpan::new()
        .enabled(true)
        .tracer_provider(spans)
        .propagator(opentelemetry_sdk::propagation::TraceContextPropagator::new())
        .meter_provider(&meters.provider)
}

#[test]
fn every_outcome_has_its_attributes_and_leaves_no_request_active() {
    let unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let x_ray = "Root=1-67a92466-4b6aa15a05ffcd4c510de968;Parent=53995c3f42cd8ad8;Sampled=1";
    let soon = Duration::from_millis(300);
    let status = |status: u16| json!({ "http.route": "/users/{id}", "http.response.status_code": status });
    let error = |error: &str| json!({ "http.route": "/users/{id}", "error.type": error });
    for (name, answer, change, more) in [
        ("success", Ending::Status(200), None, status(200)),
        ("4xx", Ending::Status(404), None, status(404)),
        ("5xx", Ending::Status(503), None, with(status(503), error("503"))),
        ("panic", Ending::Panic, None, error("panic")),
        ("cancel", Ending::Never, None, error("cancelled")),
        ("timeout", Ending::Never, Some(("timeout", "")), with(status(504), error("timeout"))),
        ("unsampled", Ending::Status(200), Some(("traceparent", unsampled)), status(200)),
        ("deferred", Ending::Status(200), Some(("x-amzn-trace-id", x_ray)), status(200)),
    ] {
        let (meters, recorder) = (Meters::new(), Recorder::new());
        let mut layer = layer(&meters, &recorder.provider);
        let mut request = request();
        match change {
            Some(("timeout", _)) => layer = layer.integration_timeout(soon),
            Some((header, value)) => {
                layer = layer.x_ray(XRay::Defer);
                request = request.and(header, value);
            }
            None => {}
        }
        send_to_its_end(&layer, &request, answer);

        let expected = with(attributes(), more);
        let points = meters.read();
        for metric in DURATIONS {
            let found: Vec<_> = points.iter().filter(|point| point.metric == metric).collect();
            assert_eq!(found.len(), 1, "{name}: {metric}");
            assert_eq!((&found[0].attributes, found[0].count), (&expected, 1), "{name}: {metric}");
        }
        let active: Vec<_> = points.iter().filter(|point| point.metric == ACTIVE).collect();
        assert_eq!(active.len(), 1, "{name}");
        assert_eq!((&active[0].attributes, active[0].sum), (&attributes(), 0.0), "{name}");
        assert_eq!(points.len(), 4, "{name}: {points:?}");
    }
}

#[test]
fn rejections_are_counted_by_reason() {
    let (meters, recorder) = (Meters::new(), Recorder::new());
    let layer = layer(&meters, &recorder.provider).accept_if(|request| match request.header("x-panic") {
        Some(_) => panic!("boom"),
        None => request.header("x-health").is_none(),
    });
    for request in [
        request().set("x-dd-proxy", "kong"),
        request().without("x-dd-proxy-request-time-ms"),
        request().without("x-dd-proxy-request-time-ms"),
        request().and("x-health", "1"),
        request().and("x-panic", "1"),
        RequestBuilder::plain(),
    ] {
        services::send(&layer, &request);
    }
    let mut found: Vec<_> =
        meters.read().into_iter().map(|point| (point.metric, point.attributes, point.sum)).collect();
    found.sort_by_key(|(_, attributes, _)| attributes.to_string());
    let expected = [("missing_request_time", 2.0), ("not_accepted", 1.0), ("panicked", 1.0), ("unknown_proxy", 1.0)];
    assert_eq!(found, expected.map(|(reason, count)| (REJECTED.to_owned(), json!({ "reason": reason }), count)));
}

#[test]
fn a_request_is_active_until_its_body_has_ended() {
    let (meters, recorder) = (Meters::new(), Recorder::new());
    let layer = layer(&meters, &recorder.provider);
    let service = layer.layer(service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"body"))))
    }));
    let active = || meters.read_one(ACTIVE).iter().map(|point| point.sum).collect::<Vec<_>>();
    let requests = [request(), request()];
    let [first, second] = requests.map(|request| service.clone().oneshot(request.body(())).now_or_never());
    assert_eq!(active(), [2.0]);
    drop(first);
    assert_eq!(active(), [1.0]);
    drop(second);
    assert_eq!(active(), [0.0]);
}

#[test]
fn durations_are_in_seconds_and_reach_beyond_the_timeouts() {
    let (meters, recorder) = (Meters::new(), Recorder::new());
    let before = now_ms();
    let request = request();
    send_to_its_end(&layer(&meters, &recorder.provider), &request, Ending::Status(200));
    let took = (now_ms() - before) as f64 / 1_000.0;
    let points = meters.read();
    let [whole, integration, overhead] = DURATIONS.map(|metric| {
        let found: Vec<&Point> = points.iter().filter(|point| point.metric == metric).collect();
        assert_eq!(found[0].unit, "s");
        let beyond: Vec<_> = found[0].boundaries.iter().filter(|boundary| **boundary > 10.0).collect();
        assert_eq!(beyond, [&20.0, &29.0, &30.0, &60.0, &300.0, &900.0]);
        found[0].sum
    });
    // The gateway's clock has milliseconds; and the system's may be set back a little in between.
    let age = AGE.as_secs_f64();
    assert!((age - 0.020..age + took + 0.020).contains(&overhead), "{overhead}");
    assert!((0.0..took + 0.020).contains(&integration), "{integration} of {took}");
    assert!((whole - overhead - integration).abs() < 1e-6, "{whole} {overhead} {integration}");
}

#[test]
fn only_a_recent_time_that_the_gateway_gave_is_measured_from() {
    let now = now_ms();
    let second = now / 1_000 * 1_000 - 1_000;
    let http_api = || request().set("x-dd-proxy", "aws-httpapi");
    let pasted = 1_729_780_025_473;
    // Name, request, whether the request's and the overhead's durations are recorded.
    for (name, request, whole, overhead) in [
        ("given", request(), true, true),
        ("pasted from an example", request().at(pasted), false, false),
        ("older than the timeout", request().at(now - 29_001), false, false),
        ("the same of an HTTP API, which waits longer", http_api().at(with_a_fraction(now - 29_001)), true, true),
        ("ahead", request().at(now + 60_000), false, false),
        ("to the second", http_api().at(second), true, false),
        ("a whole second of a REST API", request().at(second), true, false),
        ("absent", request().set("x-dd-proxy", "azure-fd").without("x-dd-proxy-request-time-ms"), false, false),
    ] {
        let (meters, recorder) = (Meters::new(), Recorder::new());
        send_to_its_end(&layer(&meters, &recorder.provider), &request, Ending::Status(200));
        let points = meters.read();
        let is_recorded = DURATIONS.map(|metric| points.iter().any(|point| point.metric == metric));
        assert_eq!(is_recorded, [whole, true, overhead], "{name}");
    }
}

#[test]
fn what_the_gateway_left_out_is_no_attribute() {
    let (meters, recorder) = (Meters::new(), Recorder::new());
    let request = RequestBuilder::gateway().set("x-dd-proxy-httpmethod", "BREW").at(now_ms());
    send_to_its_end(&layer(&meters, &recorder.provider), &request, Ending::Status(200));
    let found = meters.read_one(ACTIVE).remove(0).attributes;
    assert_eq!(found, json!({ "http.request.method": "_OTHER", "component": "aws-apigateway" }));
}

#[test]
fn values_that_are_longer_than_a_dimension_are_other() {
    for (length, expected) in [(255, "x".repeat(255)), (256, "_other".to_owned())] {
        let (meters, recorder) = (Meters::new(), Recorder::new());
        let request = request().set("x-dd-proxy-stage", "x".repeat(length));
        send_to_its_end(&layer(&meters, &recorder.provider), &request, Ending::Status(200));
        assert_eq!(meters.read_one(ACTIVE)[0].attributes["stage"], expected);
    }
}

#[test]
fn without_any_provider_a_request_is_as_without_the_feature() {
    let none = opentelemetry::trace::noop::NoopTracerProvider::new();
    let layer = ApiGatewayInferredSpan::new().enabled(true).tracer_provider(&none);
    let service = layer.layer(service_fn(|request: Request<()>| async move {
        assert!(request.extensions().get::<InferredSpan>().is_none());
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
    }));
    assert!(service.oneshot(request().body(())).now_or_never().is_some());
    assert_eq!(layer.stats().no_tracer_provider(), 1);
}

#[test]
fn ten_thousand_routes_of_a_hostile_client_make_a_thousand_series() {
    let (meters, recorder) = (Meters::new(), Recorder::new());
    let layer = layer(&meters, &recorder.provider);
    // Clones of a layer share the limit, and what was known before stays known.
    let clone = layer.clone();
    send_to_its_end(&layer, &request(), Ending::Status(200));
    for n in 0..10_000 {
        let header = ["x-dd-proxy-resource-path", "x-dd-proxy-stage", "x-dd-proxy-domain-name"][n % 3];
        send_to_its_end(
            if n % 2 == 0 { &layer } else { &clone },
            &request().set(header, format!("h{n}")),
            Ending::Status(200),
        );
    }
    send_to_its_end(&layer, &request(), Ending::Status(200));

    let points = meters.read();
    let of = |metric| points.iter().filter(move |point| point.metric == metric).collect::<Vec<_>>();
    let integration = of("inferred_gateway.integration.duration");
    assert_eq!(integration.len(), 1_001);
    assert_eq!(integration.iter().map(|point| point.count).sum::<u64>(), 10_002);
    let more = json!({ "http.route": "/users/{id}", "http.response.status_code": 200 });
    let known = with(attributes(), more);
    assert_eq!(integration.iter().find(|point| point.attributes == known).map(|point| point.count), Some(2));
    let other = json!({ "http.route": "_other", "apiid": "_other", "stage": "_other", "server.address": "_other" });
    let other = with(known, other);
    assert_eq!(integration.iter().find(|point| point.attributes == other).map(|point| point.count), Some(9_001));
    assert!(of(ACTIVE).len() <= 1_001 && of(ACTIVE).iter().all(|point| point.sum == 0.0));
    let overflows = |point: &&Point| point.attributes.get("otel.metric.overflow").is_some();
    assert_eq!(points.iter().filter(overflows).count(), 0);
}

#[test]
fn without_a_tracer_provider_there_are_metrics_all_the_same() {
    let meters = Meters::new();
    let none = opentelemetry::trace::noop::NoopTracerProvider::new();
    let layer = ApiGatewayInferredSpan::new().enabled(true).tracer_provider(&none).meter_provider(&meters.provider);
    send_to_its_end(&layer, &request(), Ending::Status(200));
    assert_eq!(meters.read_one("inferred_gateway.request.duration").len(), 1);
    assert_eq!(layer.stats().no_tracer_provider(), 1);
}

#[cfg(feature = "actix-web")]
#[actix_web::test]
async fn an_actix_web_application_has_the_same_metrics() {
    use actix_web::{test, web, App};

    let (meters, recorder) = (Meters::new(), Recorder::new());
    let layer = layer(&meters, &recorder.provider);
    let app = App::new().route("/", web::get().to(|| async { "ok" })).wrap(layer.clone());
    let app = test::init_service(app).await;
    assert_eq!(test::call_and_read_body(&app, request().actix().to_request()).await, "ok");
    let points = meters.read();
    let more = json!({ "http.route": "/users/{id}", "http.response.status_code": 200 });
    for metric in DURATIONS {
        let found: Vec<_> = points.iter().filter(|point| point.metric == metric).collect();
        assert_eq!(
            found.iter().map(|point| (&point.attributes, point.count)).collect::<Vec<_>>(),
            [(&with(attributes(), more.clone()), 1)]
        );
    }
    assert_eq!(meters.read_one(ACTIVE)[0].sum, 0.0);
}

const PAGE: &str = include_str!("../../docs/metrics-and-logs.md");

/// The names in the first column of the page's table that has this heading.
fn names_on_the_page(heading: &str) -> Vec<String> {
    let table = PAGE.split(heading).nth(1).unwrap_or_else(|| panic!("no table {heading:?}"));
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    let mut names: Vec<_> = rows.map(|row| row.split('`').nth(1).expect("a name").to_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_pages_tables_name_what_is_recorded() {
    let (meters, recorder) = (Meters::new(), Recorder::new());
    let layer = layer(&meters, &recorder.provider);
    send_to_its_end(&layer, &request(), Ending::Status(503));
    send_to_its_end(&layer, &request().set("x-dd-proxy", "kong"), Ending::Status(200));
    let points = meters.read();

    let mut metrics: Vec<_> = points.iter().map(|point| point.metric.clone()).collect();
    metrics.sort();
    assert_eq!(metrics, names_on_the_page("| metric | instrument, unit | what it measures |"));
    for point in &points {
        let row = format!("| `{}` | ", point.metric);
        let row = PAGE.lines().find(|line| line.starts_with(&row)).expect("a row");
        assert!(row.contains(&format!("`{}`", point.unit)), "{row}");
    }
    // So is every one of ours that the page names elsewhere.
    let elsewhere = PAGE.split("inferred_gateway.").skip(1).map(|rest| {
        let name = rest.split(|c: char| !c.is_ascii_lowercase() && c != '.' && c != '_').next().expect("a name");
        format!("inferred_gateway.{name}")
    });
    assert!(elsewhere.clone().count() > metrics.len());
    elsewhere.for_each(|name| assert!(metrics.contains(&name), "{name}"));

    let recorded = points.iter().find(|point| point.metric == DURATIONS[0]).expect("recorded");
    let attributes: Vec<_> = recorded.attributes.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(attributes, names_on_the_page("| attribute | value |"));
}
