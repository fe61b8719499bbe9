//! What the environment says, and that code wins. One test, because the environment is the process's.

use std::convert::Infallible;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::trace::Status;
use serde_json::json;
use tower::{service_fn, Layer, ServiceExt};

use support::log::Log;
use support::requests::RequestBuilder;
use support::spans::{Recorder, Span};

const ENABLED: &str = "DD_TRACE_INFERRED_PROXY_SERVICES_ENABLED";
const STATUSES: &str = "DD_TRACE_HTTP_SERVER_ERROR_STATUSES";
const MAPPING: &str = "DD_SERVICE_MAPPING";
const SEMANTICS: &str = "DD_TRACE_OTEL_SEMANTICS_ENABLED";
const LAMBDA: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// The span of a request that is answered with `status`, by a layer made in an environment with these variables.
async fn span_with(
    variables: &[(&str, &str)],
    status: u16,
    configure: impl FnOnce(ApiGatewayInferredSpan) -> ApiGatewayInferredSpan,
) -> Option<Span> {
    for name in [ENABLED, STATUSES, MAPPING, SEMANTICS, LAMBDA] {
        std::env::remove_var(name);
    }
    for (name, value) in variables {
        std::env::set_var(name, value);
    }
    let mut recorder = Recorder::new();
    let layer = ApiGatewayInferredSpan::new().tracer_provider(&recorder.provider);
    let service = configure(layer).layer(service_fn(move |_: Request<()>| async move {
        let response = Response::builder().status(status).body(Empty::<Bytes>::new());
        Ok::<_, Infallible>(response.expect("a response"))
    }));
    let request = RequestBuilder::documented().set("x-dd-proxy-path", "/users/42").and("x-dd-proxy-user", "alice");
    let request = request.and("x-dd-proxy-region", "eu-west-1").and("x-dd-proxy-account-id", "123456789012");
    drop(service.oneshot(request.body(())).await.expect("infallible"));
    recorder.ended().pop()
}

const ON: (&str, &str) = (ENABLED, "true");

fn unchanged(layer: ApiGatewayInferredSpan) -> ApiGatewayInferredSpan {
    layer
}

#[tokio::test]
async fn the_environment_configures_and_code_wins() {
    the_switch().await;
    on_lambda_the_variable_alone_is_not_enough().await;
    error_statuses().await;
    service_mapping().await;
    otel_semantics().await;
    defaults().await;
    bad_values_warn_once().await;
    bad_error_statuses_fall_back().await;
}

async fn the_switch() {
    for (value, expected) in
        [("true", true), ("TRUE", true), (" True ", true), ("1", true), ("false", false), ("0", false), ("", false)]
    {
        let span = span_with(&[(ENABLED, value)], 200, unchanged).await;
        assert_eq!(span.is_some(), expected, "{value:?}");
    }
    assert!(span_with(&[], 200, unchanged).await.is_none());
    assert!(span_with(&[], 200, |layer| layer.enabled(true)).await.is_some());
    assert!(span_with(&[ON], 200, |layer| layer.enabled(false)).await.is_none());
}

async fn on_lambda_the_variable_alone_is_not_enough() {
    let lambda = (LAMBDA, "my-function");
    assert!(span_with(&[ON, lambda], 200, unchanged).await.is_none());
    assert!(span_with(&[lambda], 200, |layer| layer.on_lambda(true)).await.is_none());
    // Where events can be read, headers never count on Lambda: `tests/lambda` has what does.
    let is_read = !cfg!(any(feature = "lambda", feature = "request-context"));
    assert_eq!(span_with(&[ON, lambda], 200, |layer| layer.on_lambda(true)).await.is_some(), is_read);
    assert_eq!(span_with(&[ON, lambda], 200, |layer| layer.enabled(true)).await.is_some(), is_read);
}

async fn error_statuses() {
    for (value, status, is_error) in [
        ("500-599,429", 429, true),
        ("500-599,429", 503, true),
        ("500-599,429", 404, false),
        ("400", 500, false),
        (" 400 - 404 , 410, ", 404, true),
        (" 400 - 404 , 410, ", 410, true),
    ] {
        let span = span_with(&[ON, (STATUSES, value)], status, unchanged).await.expect("a span");
        let expected = if is_error { Status::error("") } else { Status::Unset };
        assert_eq!(span.status, expected, "{value:?} {status}");
    }
    let code = |layer: ApiGatewayInferredSpan| layer.error_statuses([404..=404]);
    let span = span_with(&[ON, (STATUSES, "500-599")], 500, code).await.expect("a span");
    assert_eq!(span.status, Status::Unset);
}

async fn service_mapping() {
    let log = Log::collect();
    let mapping = (MAPPING, "other.example:other, api.example.com:orders-api");
    let span = span_with(&[ON, mapping], 200, unchanged).await.expect("a span");
    assert_eq!(span.attribute("service.name"), "orders-api");
    assert_eq!(span.attribute("server.address"), "api.example.com");
    // A bad pair spoils no good one; the first one of a domain counts.
    let mapping = (MAPPING, "https://x:y, x, API.example.com.:orders-api,, api.example.com:second");
    let span = span_with(&[ON, mapping], 200, unchanged).await.expect("a span");
    assert_eq!(span.attribute("service.name"), "orders-api");
    let code = |layer: ApiGatewayInferredSpan| layer.service_mapping("api.example.com", "by-code");
    let span = span_with(&[ON, mapping], 200, code).await.expect("a span");
    assert_eq!(span.attribute("service.name"), "by-code");
    let lines = log.lines();
    let said = |part: &str| lines.iter().filter(|line| line.ends_with(part)).count();
    assert_eq!(said("found \"https://x:y\"; that part is ignored"), 1, "{lines:?}");
}

async fn otel_semantics() {
    let span = span_with(&[ON, (SEMANTICS, "1")], 200, unchanged).await.expect("a span");
    assert_eq!((span.name.as_str(), span.attribute("operation.name")), ("GET", &json!("aws.apigateway")));
    let names = ["cloud.provider", "region", "cloud.region", "account_id", "cloud.account.id"];
    let has = |span: &Span| names.map(|name| !span.attribute(name).is_null());
    assert_eq!(has(&span), [true, false, true, false, true]);
    let code = |layer: ApiGatewayInferredSpan| layer.otel_semantics(false);
    let span = span_with(&[ON, (SEMANTICS, "true")], 200, code).await.expect("a span");
    assert_eq!(span.name, "aws.apigateway");
    assert_eq!(has(&span), [false, true, false, true, false]);
}

async fn defaults() {
    let span = span_with(&[ON], 200, unchanged).await.expect("a span");
    assert_eq!(span.attribute("resource.name"), "GET /users/{id}");
    assert!(span.attribute("aws_user").is_null());
    let code = |layer: ApiGatewayInferredSpan| layer.parameterize_paths(false).record_user(true);
    let span = span_with(&[ON], 200, code).await.expect("a span");
    assert_eq!(span.attribute("resource.name"), "GET /users/42");
    assert_eq!(span.attribute("aws_user"), "alice");
}

async fn bad_values_warn_once() {
    let bad = [(ENABLED, "yes"), (STATUSES, "5xx"), (SEMANTICS, "on")];
    // Applications often make their layers before there is a subscriber, and must be told all the same.
    drop(span_with(&bad, 200, |layer| layer).await);
    let log = Log::collect();
    for _ in 0..2 {
        let span = span_with(&bad, 500, |layer| layer.enabled(true)).await.expect("a span");
        assert_eq!(span.name, "aws.apigateway");
        assert_eq!(span.status, Status::error(""));
        assert_eq!(span.attribute("service.name"), "api.example.com");
    }
    let warning = |name, expected, found| {
        format!(
            "WARN apigateway_inferred_span::env: environment variable {name} should be {expected}, \
             found {found:?}; its default stands"
        )
    };
    assert_eq!(
        log.lines(),
        [
            warning(ENABLED, "true, 1, false or 0", "yes"),
            warning(STATUSES, "codes and ranges such as 500-599,429", "5xx"),
            warning(SEMANTICS, "true, 1, false or 0", "on"),
        ]
    );
}

async fn bad_error_statuses_fall_back() {
    for bad in ["99", "1000", "500-", "-599", "599-500", "500-599;429", "a-b", "5 00", "+500"] {
        let span = span_with(&[(ENABLED, "1"), (STATUSES, bad)], 500, |layer| layer).await;
        assert_eq!(span.expect("a span").status, Status::error(""), "{bad:?}");
    }
    assert!(span_with(&[(ENABLED, "yes")], 200, |layer| layer).await.is_none());
}
