//! Events as AWS sends them, with what matters to a function.

use std::time::{Duration, SystemTime};

use serde_json::{json, Value};

pub(crate) struct Event {
    /// What the client asked for, and of what.
    pub(crate) title: &'static str,
    /// How long before the function the gateway got it.
    age: Duration,
    make: fn(u64) -> Value,
}

impl Event {
    /// As the gateway sends it now.
    pub(crate) fn send(&self) -> Value {
        let received = SystemTime::now().checked_sub(self.age).unwrap_or(SystemTime::UNIX_EPOCH);
        let since = received.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        (self.make)(u64::try_from(since.as_millis()).unwrap_or_default())
    }
}

pub(crate) fn all() -> Vec<Event> {
    let event = |title, age, make| Event { title, age: Duration::from_millis(age), make };
    vec![
        // The first one waits for the function's start.
        event("GET /prod/orders/42 of a REST API, a cold start", 180, rest),
        event("GET /orders of an HTTP API, from a client that traces", 9, http),
        event("GET /orders/42 of a function URL", 6, function_url),
        event("GET /prod/orders/7 of the REST API, which fails", 11, failing),
    ]
}

fn rest(time: u64) -> Value {
    rest_of("42", time)
}

fn failing(time: u64) -> Value {
    rest_of("7", time)
}

fn rest_of(order: &str, time: u64) -> Value {
    json!({
        "resource": "/orders/{id}",
        "path": format!("/orders/{order}"),
        "httpMethod": "GET",
        "headers": {"Host": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", "User-Agent": "curl/8.5.0"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "stage": "prod",
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "requestId": "b0a5b2a3-1bd9-4d6c-8f3e-0e6f0a0d6c11",
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "protocol": "HTTP/1.1",
            "httpMethod": "GET",
            "path": format!("/prod/orders/{order}"),
            "resourcePath": "/orders/{id}",
            "requestTimeEpoch": time,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl/8.5.0"},
        },
        "body": null,
        "isBase64Encoded": false,
    })
}

fn http(time: u64) -> Value {
    http_at("api.example.com", "/orders", "GET /orders", time)
}

fn function_url(time: u64) -> Value {
    http_at("abc123.lambda-url.eu-west-1.on.aws", "/orders/42", "$default", time)
}

/// An HTTP API and a function URL send the same format.
fn http_at(domain: &str, path: &str, route_key: &str, time: u64) -> Value {
    json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": domain, "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "f6g7h8i9j0",
            "stage": "$default",
            "domainName": domain,
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route_key,
            "timeEpoch": time,
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent"},
        },
        "isBase64Encoded": false,
    })
}
