//! Events in the shapes that AWS sends, and in others.

#[cfg(feature = "lambda")]
mod events;
mod properties;

use serde_json::{json, Value};

use super::{RequestContext, Surroundings};
use crate::request::{Headers, Proxy, Source};

const REGION: Surroundings<'static> =
    Surroundings { region: Some("eu-west-1"), function_arn: None, x_ray: None, host: None };

fn rest() -> Value {
    json!({
        "accountId": "123456789012", "apiId": "a1b2c3d4e5", "resourceId": "roq9wj", "stage": "prod",
        "domainName": "a1b2c3d4e5.execute-api.us-east-2.amazonaws.com", "requestId": "deef4878-7910-11e6-8f14-25afc3e9ae33",
        "extendedRequestId": "JKJaXmPLvHcESHA=", "protocol": "HTTP/1.1", "path": "/prod/users/42", "resourcePath": "/users/{id}",
        "httpMethod": "POST", "requestTime": "24/Oct/2024:14:27:05 +0000", "requestTimeEpoch": 1_729_780_025_473_u64,
        "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl/8", "user": "AIDA", "apiKey": "secret", "caller": null},
        "authorizer": {"principalId": "admin", "iam": "of the customer's own", "clientId": 1},
    })
}

fn http() -> Value {
    json!({
        "routeKey": "GET /users/{id}", "accountId": "123456789012", "stage": "$default", "apiId": "a1b2c3d4e5",
        "requestId": "JKJaXmPLvHcESHA=", "domainName": "api.example.com", "domainPrefix": "api",
        "time": "24/Oct/2024:14:27:05 +0000", "timeEpoch": 1_729_780_025_000_u64,
        "http": {"method": "GET", "path": "/users/42", "protocol": "HTTP/2.0", "sourceIp": "2001:db8::7", "userAgent": "agent"},
        "authorizer": {"iam": {"userId": "AIDA", "accessKey": "secret"}},
    })
}

fn function_url() -> Value {
    let mut url = http();
    url["domainName"] = "abc123.lambda-url.eu-west-3.on.aws".into();
    url["routeKey"] = "$default".into();
    url["accountId"] = "anonymous".into();
    url["apiId"] = "abc123".into();
    url
}

fn web_socket() -> Value {
    json!({
        "routeKey": "sendMessage", "eventType": "MESSAGE", "extendedRequestId": "asdf=", "messageDirection": "IN",
        "stage": "dev", "connectedAt": 1_645_556_857_902_u64, "requestTimeEpoch": 1_729_780_025_473_u64,
        "identity": {"sourceIp": "192.0.2.1"}, "requestId": "asdf=", "connectionId": "c=", "apiId": "a1b2c3d4e5",
        "domainName": "a1b2c3d4e5.execute-api.us-west-2.amazonaws.com",
    })
}

/// What is read of a context, as `Debug` and the parts that it hides show it; `None` if it is no gateway's.
fn read(context: &Value, around: &Surroundings<'_>) -> Option<Value> {
    let json = context.to_string();
    let context = RequestContext::from_json(json.as_bytes())?;
    let forged = [("x-dd-proxy-stage", &b"forged"[..]), ("x-dd-proxy", b"azure-fd"), ("user-agent", b"header")];
    let mut headers = Headers::scan(forged.into_iter());
    let request = context.read(&mut headers, around)?;
    assert_eq!(request.source(), Source::Event);
    Some(json!([
        format!("{:?}", request.proxy()),
        request.request_time_ms,
        request.domain(),
        request.method(),
        request.path(),
        request.stage(),
        request.route(),
        request.account_id(),
        request.api_id(),
        request.region(),
        request.user(),
        request.ids(),
        request.user_agent(),
        request.client_address().map(|address| address.to_string()),
        context.protocol(),
        [request.is_timed_in_seconds(), request.is_whole_second()],
    ]))
}

#[test]
fn each_kind_of_event_says_what_its_gateway_knows() {
    let time = 1_729_780_025_473_u64;
    let uuid = "deef4878-7910-11e6-8f14-25afc3e9ae33";
    let rest_domain = "a1b2c3d4e5.execute-api.us-east-2.amazonaws.com";
    let socket_domain = "a1b2c3d4e5.execute-api.us-west-2.amazonaws.com";
    let id = "JKJaXmPLvHcESHA=";
    for (context, expected) in [
        (
            rest(),
            json!([
                "RestApi",
                time,
                rest_domain,
                "POST",
                "/prod/users/42",
                "prod",
                "/users/{id}",
                "123456789012",
                "a1b2c3d4e5",
                "us-east-2",
                "AIDA",
                [uuid, id],
                "curl/8",
                "192.0.2.1",
                "HTTP/1.1",
                [false, false]
            ]),
        ),
        (
            http(),
            json!([
                "HttpApi",
                1_729_780_025_000_u64,
                "api.example.com",
                "GET",
                "/users/42",
                "$default",
                "/users/{id}",
                "123456789012",
                "a1b2c3d4e5",
                "eu-west-1",
                "AIDA",
                [id, id],
                "agent",
                "2001:db8::7",
                "HTTP/2.0",
                [false, false]
            ]),
        ),
        (
            function_url(),
            json!([
                "LambdaFunctionUrl",
                1_729_780_025_000_u64,
                "abc123.lambda-url.eu-west-3.on.aws",
                "GET",
                "/users/42",
                "$default",
                null,
                null,
                "abc123",
                "eu-west-3",
                "AIDA",
                [id, null],
                "agent",
                "2001:db8::7",
                "HTTP/2.0",
                [false, false]
            ]),
        ),
        (
            web_socket(),
            json!([
                "WebSocketApi",
                time,
                socket_domain,
                null,
                null,
                "dev",
                null,
                null,
                "a1b2c3d4e5",
                "us-west-2",
                null,
                ["asdf=", "asdf="],
                "header",
                "192.0.2.1",
                "HTTP/1.1",
                [false, false]
            ]),
        ),
    ] {
        assert_eq!(read(&context, &REGION), Some(expected), "{context}");
    }
}

#[test]
fn kinds_are_told_apart_by_what_only_they_have() {
    let with = |mut context: Value, key: &str, value: Value| {
        context[key] = value;
        context
    };
    for (context, expected) in [
        // Payload format 1.0 of an HTTP API.
        (with(rest(), "stage", json!("$default")), Some(Proxy::HttpApi)),
        (with(rest(), "resourceId", json!("GET /users/{id}")), Some(Proxy::HttpApi)),
        (with(rest(), "resourceId", json!("$default")), Some(Proxy::HttpApi)),
        (with(rest(), "requestTimeEpoch", json!(null)), Some(Proxy::RestApi)),
        (with(rest(), "httpMethod", json!(null)), None),
        (with(rest(), "httpMethod", json!(7)), None),
        (with(rest(), "stage", json!(null)), None),
        (with(rest(), "elb", json!({"targetGroupArn": "arn:aws:elasticloadbalancing:.."})), None),
        (with(http(), "elb", json!("anything")), None),
        (with(http(), "http", json!("GET")), None),
        (with(http(), "http", json!([{"method": "GET"}])), None),
        (with(web_socket(), "routeKey", json!("$connect")), Some(Proxy::WebSocketApi)),
        (json!({"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:.."}}), None),
        // VPC Lattice.
        (json!({"serviceNetworkArn": "arn", "serviceArn": "arn", "region": "eu-west-1", "timeEpoch": "1"}), None),
        (json!({}), None),
        (json!(null), None),
        (json!([rest()]), None),
        (json!("x"), None),
    ] {
        let json = context.to_string();
        let found = RequestContext::from_json(json.as_bytes()).and_then(|context| context.proxy());
        assert_eq!(found, expected, "{json}");
    }
}

#[test]
fn what_an_event_lacks_is_looked_for_around_it() {
    let mut old = rest();
    old.as_object_mut().expect("an object").remove("domainName");
    let host = Surroundings { host: Some(b"old.example.com"), ..REGION };
    assert_eq!(read(&old, &host).expect("a request")[2], "old.example.com");
    assert_eq!(read(&old, &REGION).expect("a request")[2], Value::Null);
    let arn = "arn:aws:lambda:ap-south-1:123456789012:function:orders";
    let around = Surroundings { function_arn: Some(arn), ..Surroundings::default() };
    assert_eq!(read(&old, &around).expect("a request")[9], "ap-south-1");
    assert_eq!(read(&old, &Surroundings::default()).expect("a request")[9], Value::Null);
}

#[test]
fn times_in_seconds_are_known_by_their_digits() {
    for (time, expected) in [
        (json!(1_729_780_025), json!([1_729_780_025_000_u64, [true, true]])),
        (json!(0), json!([null, [false, false]])),
        (json!(-1), json!([null, [false, false]])),
        (json!("1729780025473"), json!([null, [false, false]])),
        (json!(u64::MAX), json!([null, [false, false]])),
        (json!(1.5e300), json!([null, [false, false]])),
    ] {
        let mut context = rest();
        context["requestTimeEpoch"] = time.clone();
        let read = read(&context, &REGION).expect("a request");
        assert_eq!(json!([read[1], read[15]]), expected, "{time}");
    }
}

#[test]
fn a_key_that_comes_twice_is_refused() {
    let json = br#"{"stage": "a", "httpMethod": "GET", "stage": "b"}"#;
    assert!(RequestContext::from_json(json).is_none());
}
