//! Events in the shapes that AWS sends.

use serde_json::{json, Value};

pub(crate) const CLIENT_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub(crate) const CLIENT_SPAN: &str = "00f067aa0ba902b7";

/// A REST API's, with the client's spelling of its headers, and with headers that claim to be a gateway's.
pub(crate) fn rest(time: u64) -> Value {
    let trace = format!("00-{CLIENT_TRACE}-{CLIENT_SPAN}-01");
    json!({
        "resource": "/users/{id}",
        "path": "/users/42",
        "httpMethod": "GET",
        "headers": {
            "Host": "a1b2c3d4e5.execute-api.us-east-2.amazonaws.com",
            "Traceparent": trace,
            "User-Agent": "header",
            "X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678",
            "x-dd-proxy": "azure-fd",
            "X-Dd-Proxy-Stage": "forged",
        },
        "multiValueHeaders": {"Traceparent": [trace]},
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1b2c3d4e5", "resourceId": "roq9wj", "stage": "prod",
            "domainName": "a1b2c3d4e5.execute-api.us-east-2.amazonaws.com", "domainPrefix": "a1b2c3d4e5",
            "requestId": "deef4878-7910-11e6-8f14-25afc3e9ae33", "extendedRequestId": "JKJaXmPLvHcESHA=",
            "protocol": "HTTP/1.1", "path": "/prod/users/42", "resourcePath": "/users/{id}", "httpMethod": "GET",
            "requestTime": "24/Oct/2024:14:27:05 +0000", "requestTimeEpoch": time,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl/8", "user": "AIDA", "apiKey": "secret"},
        },
        "body": null,
        "isBase64Encoded": false,
    })
}

pub(crate) fn http(time: u64) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "GET /users/{id}",
        "rawPath": "/users/42",
        "rawQueryString": "",
        "headers": {
            "host": "api.example.com",
            "traceparent": format!("00-{CLIENT_TRACE}-{CLIENT_SPAN}-01"),
            "x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678",
            "x-dd-proxy": "aws-apigateway",
        },
        "requestContext": {
            "routeKey": "GET /users/{id}", "accountId": "123456789012", "stage": "$default", "apiId": "a1b2c3d4e5",
            "requestId": "JKJaXmPLvHcESHA=", "domainName": "api.example.com", "domainPrefix": "api",
            "time": "24/Oct/2024:14:27:05 +0000", "timeEpoch": time,
            "http": {
                "method": "GET", "path": "/users/42", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent",
            },
        },
        "isBase64Encoded": false,
    })
}

pub(crate) fn function_url(time: u64) -> Value {
    let mut event = http(time);
    let domain = "abc123.lambda-url.eu-west-3.on.aws";
    event["headers"]["host"] = domain.into();
    event["routeKey"] = "$default".into();
    let context = &mut event["requestContext"];
    context["domainName"] = domain.into();
    context["routeKey"] = "$default".into();
    context["accountId"] = "anonymous".into();
    context["apiId"] = "abc123".into();
    event
}

/// `$connect`, which alone has headers.
pub(crate) fn web_socket(time: u64) -> Value {
    json!({
        "headers": {
            "Host": "a1b2c3d4e5.execute-api.us-west-2.amazonaws.com",
            "TRACEPARENT": format!("00-{CLIENT_TRACE}-{CLIENT_SPAN}-01"),
        },
        "requestContext": {
            "routeKey": "$connect", "eventType": "CONNECT", "extendedRequestId": "asdf=", "messageDirection": "IN",
            "stage": "dev", "connectedAt": time, "requestTimeEpoch": time, "identity": {"sourceIp": "192.0.2.1"},
            "requestId": "asdf=", "connectionId": "c=", "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.us-west-2.amazonaws.com",
        },
        "isBase64Encoded": false,
    })
}

/// A load balancer's, with what its client claims.
pub(crate) fn load_balancer() -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/x/y"}},
        "httpMethod": "GET",
        "path": "/users/42",
        "queryStringParameters": {},
        "headers": {
            "host": "lb.example.com", "x-dd-proxy": "aws-apigateway", "x-dd-proxy-request-time-ms": "1729780025473",
        },
        "body": "",
        "isBase64Encoded": false,
    })
}

pub(crate) fn sqs() -> Value {
    json!({"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": "{\"requestContext\": {}}"}]})
}

/// What every way gives of these events, but for what is the answer's.
pub(crate) fn attributes(kind: &str) -> Value {
    let mut attributes = match kind {
        "rest" => json!({
            "operation.name": "aws.apigateway", "span.type": "web", "component": "aws-apigateway",
            "resource.name": "GET /users/{id}", "http.route": "/users/{id}",
            "service.name": "a1b2c3d4e5.execute-api.us-east-2.amazonaws.com",
            "server.address": "a1b2c3d4e5.execute-api.us-east-2.amazonaws.com",
            "url.full": "https://a1b2c3d4e5.execute-api.us-east-2.amazonaws.com/prod/users/42",
            "url.path": "/prod/users/42", "user_agent.original": "curl/8", "stage": "prod", "apiid": "a1b2c3d4e5",
            "region": "us-east-2", "account_id": "123456789012",
            "dd_resource_key": "arn:aws:apigateway:us-east-2::/restapis/a1b2c3d4e5",
            "aws.request_id": "deef4878-7910-11e6-8f14-25afc3e9ae33",
        }),
        "http" => json!({
            "operation.name": "aws.httpapi", "span.type": "web", "component": "aws-httpapi",
            "resource.name": "GET /users/{id}", "http.route": "/users/{id}", "service.name": "api.example.com",
            "server.address": "api.example.com", "url.full": "https://api.example.com/users/42",
            "url.path": "/users/42", "user_agent.original": "agent", "stage": "$default", "apiid": "a1b2c3d4e5",
            "region": "eu-west-1", "account_id": "123456789012",
            "dd_resource_key": "arn:aws:apigateway:eu-west-1::/apis/a1b2c3d4e5", "aws.request_id": "JKJaXmPLvHcESHA=",
        }),
        "function_url" => json!({
            "operation.name": "aws.lambda.url", "span.type": "http", "component": "aws-lambda-url",
            "resource.name": "GET /users/{id}", "service.name": "abc123.lambda-url.eu-west-3.on.aws",
            "server.address": "abc123.lambda-url.eu-west-3.on.aws",
            "url.full": "https://abc123.lambda-url.eu-west-3.on.aws/users/42", "url.path": "/users/42",
            "user_agent.original": "agent", "stage": "$default", "apiid": "abc123", "region": "eu-west-3",
            "aws.request_id": "JKJaXmPLvHcESHA=",
        }),
        "web_socket" => json!({
            "operation.name": "aws.apigateway", "span.type": "web", "component": "aws-apigateway",
            "resource.name": "$connect", "service.name": "a1b2c3d4e5.execute-api.us-west-2.amazonaws.com",
            "server.address": "a1b2c3d4e5.execute-api.us-west-2.amazonaws.com", "stage": "dev", "apiid": "a1b2c3d4e5",
            "region": "us-west-2", "aws.request_id": "asdf=", "aws.extended_request_id": "asdf=",
        }),
        _ => unreachable!("no such event: {kind}"),
    };
    attributes["_dd.inferred_span"] = 1.into();
    attributes["aws.xray.trace_id"] = "1-67891233-abcdef012345678912345678".into();
    if kind != "web_socket" {
        attributes["http.request.method"] = "GET".into();
        attributes["url.scheme"] = "https".into();
    }
    attributes
}

/// An event of that kind, which the gateway got at this time.
type Kind = (&'static str, fn(u64) -> Value);

pub(crate) const KINDS: [Kind; 4] =
    [("rest", rest), ("http", http), ("function_url", function_url), ("web_socket", web_socket)];
