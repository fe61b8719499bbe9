//! Who is believed, in tower and actix-web alike, and that every refusal is counted.

use std::convert::Infallible;
use std::time::Duration;

use apigateway_inferred_span::{ApiGatewayInferredSpan, RequestView};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use opentelemetry::trace::noop::NoopTracerProvider;
use serde_json::json;
use tower::{service_fn, Layer, ServiceExt};

use support::requests::RequestBuilder;
use support::spans::Recorder;

type Configure = fn(ApiGatewayInferredSpan) -> ApiGatewayInferredSpan;

/// A request that every case starts from.
fn request() -> RequestBuilder {
    RequestBuilder::gateway()
        .and("x-dd-proxy-domain-name", "api.example.com")
        .and("x-dd-proxy-api-id", "a1b2c3d4e5")
        .and("x-dd-proxy-user", "alice")
        .and("x-forwarded-for", "203.0.113.7, 198.51.100.1")
        .and("x-amzn-apigateway-api-id", "a1b2c3d4e5")
        .and("x-gateway-secret", "open sesame")
        .and("via", "HTTP/1.1 gateway")
}

/// Name, settings, headers that differ (empty for absent), code under which it is counted.
type Case = (&'static str, Configure, &'static [(&'static str, &'static str)], &'static str);

const CASES: [Case; 53] = [
    ("anything goes by default", |l| l, &[], "accepted"),
    ("an exact domain", |l| l.allow_domains(["api.example.com"]), &[], "accepted"),
    ("in another case", |l| l.allow_domains(["API.Example.com"]), &[], "accepted"),
    ("a domain below", |l| l.allow_domains(["*.example.com"]), &[], "accepted"),
    ("one of several", |l| l.allow_domains(["a.example", "*.example.com"]), &[], "accepted"),
    ("another domain", |l| l.allow_domains(["other.example.com"]), &[], "domain_not_allowed"),
    ("no domain allowed", |l| l.allow_domains([""; 0]), &[], "domain_not_allowed"),
    ("a pattern isn't its own parent", |l| l.allow_domains(["*.api.example.com"]), &[], "domain_not_allowed"),
    ("nor a mere suffix", |l| l.allow_domains(["*.ample.com"]), &[], "domain_not_allowed"),
    ("nor is an exact domain a suffix", |l| l.allow_domains(["example.com"]), &[], "domain_not_allowed"),
    (
        "a domain that is no host",
        |l| l.allow_domains(["*.example.com"]),
        &[("x-dd-proxy-domain-name", "[].example.com")],
        "domain_not_allowed",
    ),
    (
        "any spelling of an allowed domain",
        |l| l.allow_domains(["API.example.com."]),
        &[("x-dd-proxy-domain-name", "Api.Example.COM:443")],
        "accepted",
    ),
    (
        "another port than the allowed one",
        |l| l.allow_domains(["api.example.com:4566"]),
        &[("x-dd-proxy-domain-name", "api.example.com:443")],
        "domain_not_allowed",
    ),
    ("a domain with spaces around", |l| l.allow_domains([" api.example.com\n"]), &[], "accepted"),
    ("a URL is no domain", |l| l.allow_domains(["https://api.example.com"]), &[], "domain_not_allowed"),
    ("but spoils no other", |l| l.allow_domains(["https://x", "api.example.com"]), &[], "accepted"),
    ("no domain", |l| l.allow_domains(["*.example.com"]), &[("x-dd-proxy-domain-name", "")], "domain_not_allowed"),
    ("an allowed API", |l| l.allow_api_ids(["x", "a1b2c3d4e5"]), &[], "accepted"),
    ("another API", |l| l.allow_api_ids(["x"]), &[], "api_id_not_allowed"),
    ("an API's id has a case", |l| l.allow_api_ids(["A1B2C3D4E5"]), &[], "api_id_not_allowed"),
    ("no API", |l| l.allow_api_ids(["x"]), &[("x-dd-proxy-api-id", "")], "api_id_not_allowed"),
    ("two APIs", |l| l, &[("x-amzn-apigateway-api-id", "other")], "api_id_mismatch"),
    ("the gateway's own id alone", |l| l, &[("x-dd-proxy-api-id", "")], "accepted"),
    ("the gateway's own id, allowed", |l| l.allow_api_ids(["a1b2c3d4e5 "]), &[("x-dd-proxy-api-id", "")], "accepted"),
    ("an API's id that is none", |l| l.allow_api_ids(["", "*"]), &[], "api_id_not_allowed"),
    ("only the mapped id", |l| l, &[("x-amzn-apigateway-api-id", "")], "accepted"),
    ("the secret", |l| l.shared_secret("x-gateway-secret", "open sesame"), &[], "accepted"),
    ("its header in another case", |l| l.shared_secret("X-Gateway-Secret", "open sesame"), &[], "accepted"),
    ("a wrong secret", |l| l.shared_secret("x-gateway-secret", "open sesamE"), &[], "wrong_secret"),
    ("a longer secret", |l| l.shared_secret("x-gateway-secret", "open sesame!"), &[], "wrong_secret"),
    ("a shorter secret", |l| l.shared_secret("x-gateway-secret", "open"), &[], "wrong_secret"),
    ("no secret", |l| l.shared_secret("x-other", "open sesame"), &[], "wrong_secret"),
    (
        "an empty secret",
        |l| l.shared_secret("x-gateway-secret", "open sesame"),
        &[("x-gateway-secret", " ")],
        "wrong_secret",
    ),
    ("a secret with a newline at its end", |l| l.shared_secret("x-gateway-secret\n", "open sesame\n"), &[], "accepted"),
    (
        "an empty secret believes nobody",
        |l| l.shared_secret("x-gateway-secret", " \n"),
        &[("x-gateway-secret", "")],
        "wrong_secret",
    ),
    (
        "nor does one that no header can have",
        |l| l.shared_secret("x-gateway-secret", "a\u{0}b"),
        &[("x-gateway-secret", "a")],
        "wrong_secret",
    ),
    ("nor a header that can't be", |l| l.shared_secret("x gateway", "open sesame"), &[], "wrong_secret"),
    (
        "the secret outranks the gateway's own id",
        |l| l.shared_secret("x-gateway-secret", "open sesame"),
        &[("x-amzn-apigateway-api-id", "zzz")],
        "accepted",
    ),
    (
        "a wrong secret is the first reason",
        |l| l.shared_secret("x-gateway-secret", "x"),
        &[("x-dd-proxy", "x")],
        "wrong_secret",
    ),
    ("young enough", |l| l.max_request_age(Duration::from_secs(1_000_000_000)), &[], "accepted"),
    ("too old", |l| l.max_request_age(Duration::from_secs(60)), &[], "too_old"),
    (
        "further in the future than it may be old",
        |l| l.max_request_age(Duration::from_secs(60)),
        &[("x-dd-proxy-request-time-ms", "4102444800000")],
        "in_the_future",
    ),
    ("the future without a limit", |l| l, &[("x-dd-proxy-request-time-ms", "4102444800000")], "accepted"),
    (
        "no time, with a limit",
        |l| l.max_request_age(Duration::from_secs(60)),
        &[("x-dd-proxy", "azure-fd"), ("x-dd-proxy-request-time-ms", "")],
        "missing_request_time",
    ),
    ("accepted by a predicate", |l| l.accept_if(has_via), &[], "accepted"),
    ("refused by a predicate", |l| l.accept_if(has_via), &[("via", "")], "not_accepted"),
    ("the predicate sees the request", |l| l.accept_if(|r| r.gateway().api_id() == Some("x")), &[], "not_accepted"),
    ("a predicate that panics", |l| l.accept_if(|_| panic!("boom")), &[], "panicked"),
    ("the last word is all of them", |l| l.accept_if(|_| true).allow_api_ids(["x"]), &[], "api_id_not_allowed"),
    ("no provider", |l| l.tracer_provider(&NoopTracerProvider::new()), &[], "no_tracer_provider"),
    ("unknown proxy", |l| l, &[("x-dd-proxy", "x")], "unknown_proxy"),
    ("no time", |l| l, &[("x-dd-proxy-request-time-ms", "x")], "invalid_request_time"),
    ("a time of nought", |l| l, &[("x-dd-proxy-request-time-ms", "0")], "request_time_out_of_range"),
];

fn has_via(request: &RequestView<'_>) -> bool {
    request.header("Via").is_some()
}

/// The names of the headers that the application saw.
async fn through_tower(layer: &ApiGatewayInferredSpan, changes: &[(&str, &str)]) -> String {
    let service = layer.layer(service_fn(|request: Request<()>| async move {
        let names: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(names.join(" ")))))
    }));
    let response = service.oneshot(request().set_all(changes).body(())).await.expect("infallible");
    let body = response.into_body().collect().await.expect("whole");
    String::from_utf8(body.to_bytes().to_vec()).expect("UTF-8")
}

#[cfg(feature = "actix-web")]
async fn through_actix(layer: &ApiGatewayInferredSpan, changes: &[(&str, &str)]) -> String {
    use actix_web::{test, web, App, HttpRequest};

    let app = App::new()
        .route(
            "/",
            web::get().to(|request: HttpRequest| async move {
                let names: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
                names.join(" ")
            }),
        )
        .wrap(layer.clone());
    let app = test::init_service(app).await;
    let body = test::call_and_read_body(&app, request().set_all(changes).actix().to_request()).await;
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

async fn send(through: &str, layer: &ApiGatewayInferredSpan, changes: &[(&str, &str)]) -> String {
    match through {
        "tower" => through_tower(layer, changes).await,
        #[cfg(feature = "actix-web")]
        "actix-web" => through_actix(layer, changes).await,
        other => panic!("no adapter {other}"),
    }
}

#[cfg(feature = "actix-web")]
const ADAPTERS: &[&str] = &["tower", "actix-web"];
#[cfg(not(feature = "actix-web"))]
const ADAPTERS: &[&str] = &["tower"];

#[tokio::test]
async fn every_case_is_believed_or_refused_and_counted() {
    for (name, configure, changes, code) in CASES {
        for through in ADAPTERS {
            let mut recorder = Recorder::new();
            let layer = configure(recorder.layer());
            send(through, &layer, changes).await;
            let expected = usize::from(code == "accepted");
            assert_eq!(recorder.ended().len(), expected, "{name}, {through}");

            let counted: Vec<_> = layer.stats().iter().filter(|(_, count)| *count > 0).collect();
            assert_eq!(counted, [(code, 1)], "{name}, {through}");
        }
    }
}

#[tokio::test]
async fn stripped_headers_are_gone_believed_or_not() {
    for through in ADAPTERS {
        for changes in [&[][..], &[("x-dd-proxy", "x")], &[("x-dd-proxy", "")]] {
            let layer = Recorder::new().layer();
            let seen = send(through, &layer, changes).await;
            assert!(seen.contains("x-dd-proxy-user"));
            let seen = send(through, &layer.strip_headers(true), changes).await;
            assert!(!seen.contains("x-dd-proxy"), "{seen}");
            assert!(seen.contains("x-gateway-secret"), "{seen}");
            assert!(seen.contains("via"), "{seen}");
        }
    }
}

#[tokio::test]
async fn the_secret_is_stripped_and_an_off_layer_strips() {
    for through in ADAPTERS {
        let layer = Recorder::new().layer().shared_secret("X-Gateway-Secret", "open sesame").strip_headers(true);
        for (changes, layer) in [
            (&[][..], layer.clone()),
            (&[("x-gateway-secret", "wrong")], layer.clone()),
            (&[("x-dd-proxy", "")], layer.clone()),
            (&[], layer.clone().enabled(false)),
        ] {
            let seen = send(through, &layer, changes).await;
            assert!(!seen.contains("x-dd-proxy") && !seen.contains("x-gateway-secret"), "{through}: {seen}");
            assert!(seen.contains("via"), "{seen}");
        }
        let stats = layer.enabled(false).stats();
        assert_eq!(stats.iter().map(|(_, count)| count).sum::<u64>(), 2, "{stats:?}");
    }
}

#[tokio::test]
async fn below_another_layer_headers_are_stripped() {
    let layer = Recorder::new().layer();
    let service = layer.clone().strip_headers(true).layer(service_fn(|request: Request<()>| async move {
        let names: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(names.join(" ")))))
    }));
    let response = layer.layer(service).oneshot(request().body(())).await.expect("infallible");
    let body = response.into_body().collect().await.expect("whole").to_bytes();
    let seen = String::from_utf8_lossy(&body);
    assert!(!seen.contains("x-dd-proxy") && seen.contains("via"), "{seen}");
}

#[tokio::test]
async fn personal_data_is_recorded_only_when_asked_for() {
    for through in ADAPTERS {
        let mut recorder = Recorder::new();
        send(through, &recorder.layer(), &[]).await;
        let span = recorder.ended().remove(0);
        assert_eq!(span.attribute("aws_user"), &json!(null));
        assert_eq!(span.attribute("client.address"), &json!(null));

        let asked = recorder.layer().record_user(true).record_client_address(true);
        let http_api = [("x-dd-proxy", "aws-httpapi"), ("forwarded", "by=10.0.0.9;for=198.51.100.7;proto=https")];
        send(through, &asked, &http_api).await;
        assert_eq!(recorder.ended().remove(0).attribute("client.address"), "198.51.100.7");

        let changed = |address| [("x-forwarded-for", address)];
        for (address, expected) in [
            ("203.0.113.7, 198.51.100.1", json!("203.0.113.7")),
            ("203.0.113.7", json!("203.0.113.7")),
            ("203.0.113.7:4711", json!("203.0.113.7")),
            ("2001:db8::7", json!("2001:db8::7")),
            ("[2001:db8::7]:4711", json!("2001:db8::7")),
            ("unknown", json!(null)),
            (", 203.0.113.7", json!(null)),
        ] {
            send(through, &asked, &changed(address)).await;
            let span = recorder.ended().remove(0);
            assert_eq!(span.attribute("aws_user"), "alice");
            assert_eq!(span.attribute("client.address"), &expected, "{address}");
        }
    }
}

#[tokio::test]
async fn domains_over_the_limit_keep_the_applications_service() {
    let mut recorder = Recorder::new();
    let layer = recorder
        .layer()
        .max_services(2)
        .allow_domains(["listed.example", "*"])
        .service_mapping("Mapped.example.", "mapped")
        .service_mapping("ports.example:4566", "local")
        .service_mapping("https://x", "nobody");
    for (domain, service) in [
        ("a.example", Some("a.example")),
        ("B.example", Some("b.example")),
        ("c.example", None),
        ("d.example", None),
        ("A.Example.:443", Some("a.example")),
        // What the operator has listed never counts.
        ("listed.example", Some("listed.example")),
        ("mapped.EXAMPLE", Some("mapped")),
        ("mapped.example:8443", Some("mapped")),
        ("ports.example:4566", Some("local")),
        ("ports.example", None),
    ] {
        send("tower", &layer, &[("x-dd-proxy-domain-name", domain)]).await;
        let span = recorder.ended().remove(0);
        assert_eq!(span.attribute("service.name").as_str(), service, "{domain}");
    }
}

#[tokio::test]
async fn a_right_secret_leaves_out_what_a_client_has_added() {
    let twice = |name: &str| {
        let request = request().and(name, "evil").and("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678");
        request.body(())
    };
    for (name, attribute, is_fatal) in [
        ("x-dd-proxy-user", "aws_user", false),
        ("x-dd-proxy-domain-name", "server.address", false),
        ("x-dd-proxy-api-id", "apiid", false),
        ("x-dd-proxy", "component", true),
        ("x-dd-proxy-request-time-ms", "component", true),
    ] {
        for vouched_for in [true, false] {
            let mut recorder = Recorder::new();
            let layer = recorder.layer().record_user(true);
            let layer = match vouched_for {
                true => layer.shared_secret("x-gateway-secret", "open sesame"),
                false => layer,
            };
            let service = layer.layer(service_fn(|_: Request<()>| async {
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
            }));
            drop(service.oneshot(twice(name)).await.expect("infallible"));
            let spans = recorder.ended();
            assert_eq!(spans.len(), usize::from(vouched_for && !is_fatal), "{name}");
            for span in spans {
                // The API's own id is there, too.
                let expected = if attribute == "apiid" { json!("a1b2c3d4e5") } else { json!(null) };
                assert_eq!(span.attribute(attribute), &expected, "{name}");
            }
        }
    }
}

#[test]
fn clones_of_a_layer_share_limit_and_counters() {
    let mut recorder = Recorder::new();
    let layer = recorder.layer().max_services(2);
    for (worker, domain) in ["a.example", "b.example", "c.example", "d.example"].into_iter().enumerate() {
        // As each worker of an actix-web server does.
        let layer = layer.clone();
        let request = request().set("x-dd-proxy-domain-name", domain);
        support::services::send(&layer, &request);
        let span = recorder.ended().remove(0);
        assert_eq!(span.attribute("service.name").is_null(), worker >= 2, "{domain}");
    }
    assert_eq!(layer.stats().accepted(), 4);
}

#[tokio::test]
async fn own_attributes_are_the_same_through_every_adapter() {
    use apigateway_inferred_span::opentelemetry::KeyValue;

    for through in ADAPTERS {
        let mut recorder = Recorder::new();
        let layer = recorder.layer().attributes(|request| {
            let via = request.header("Via").map(|via| String::from_utf8_lossy(via).into_owned());
            [
                KeyValue::new("tenant.via", via.unwrap_or_default()),
                KeyValue::new("tenant.stage", request.gateway().stage().is_some()),
                KeyValue::new("service.name", "evil"),
            ]
        });
        send(through, &layer, &[]).await;
        let span = recorder.ended().remove(0);
        assert_eq!(span.attribute("tenant.via"), "HTTP/1.1 gateway");
        assert_eq!(span.attribute("tenant.stage"), false);
        assert_eq!(span.attribute("service.name"), "api.example.com");

        let panics = recorder.layer().attributes(|_| -> [KeyValue; 0] { panic!("boom") });
        send(through, &panics, &[]).await;
        assert_eq!(recorder.ended().len(), 1);

        // Called only for spans that record.
        let unsampled = Recorder::with(|builder| builder.with_sampler(opentelemetry_sdk::trace::Sampler::AlwaysOff));
        let layer = unsampled.layer().attributes(|_| -> [KeyValue; 0] { unreachable!("not recording") });
        send(through, &layer, &[]).await;
        assert_eq!(layer.stats().accepted(), 1);
    }
}

#[tokio::test]
async fn stats_are_shared_by_a_layers_clones() {
    let recorder = Recorder::new();
    let gateway = recorder.layer();
    let layer = gateway.clone().strip_headers(true);
    for _ in 0..3 {
        send("tower", &layer, &[]).await;
    }
    assert_eq!(gateway.stats().accepted(), 3);
}

#[test]
fn the_secret_is_not_shown() {
    let layer = ApiGatewayInferredSpan::new().shared_secret("x-gateway-secret", "open sesame");
    let shown = format!("{layer:?}");
    assert!(shown.contains("x-gateway-secret"), "{shown}");
    let bytes = format!("{:?}", b"open sesame");
    assert!(!shown.contains("sesame") && !shown.contains(&bytes[1..]), "{shown}");
}

#[test]
fn every_code_is_explained() {
    let page = include_str!("../../docs/troubleshooting.md");
    for (code, _) in ApiGatewayInferredSpan::new().stats().iter() {
        assert!(page.contains(&format!("\n| `{code}` |")), "{code}");
    }
}
