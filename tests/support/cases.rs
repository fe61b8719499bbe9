//! The table of edge cases: a row for each way in which a gateway's headers come, run through every adapter.

use apigateway_inferred_span::InvalidProxyRequest;
use serde_json::{json, Value};

use crate::requests::{RequestBuilder, EXAMPLE_TIME};
use crate::spans::now_ms;

use Tracer::{DotNet, Go, Java, Js, Php, Py, Rb};

pub struct Case {
    pub name: &'static str,
    pub request: RequestBuilder,
    pub expected: Expected,
    /// Other tracers that get it wrong, and what they do instead.
    pub unlike: Option<(&'static [Tracer], &'static str)>,
}

/// Datadog's tracers for other languages, as seen in dd-trace-js 6.21, ddtrace (Python) 4.16 and the sources of the
/// others in 2026.
#[derive(Clone, Copy, Debug)]
pub enum Tracer {
    Js,
    Py,
    Java,
    Go,
    Rb,
    Php,
    DotNet,
}

const ALL: &[Tracer] = &[Js, Py, Java, Go, Rb, Php, DotNet];

pub enum Expected {
    NoSpan(Option<InvalidProxyRequest>),
    Span {
        name: &'static str,
        start: Start,
        /// All of them.
        attributes: Value,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// In milliseconds since 1970.
    At(u64),
    /// When the request was received.
    Receipt,
    /// When the request was received, and the attribute says how far the gateway's clock was ahead: at most so many
    /// milliseconds.
    SkewedByAtMost(u64),
}

/// A case that differs from the documented headers by those set and left out.
fn case(name: &'static str) -> Case {
    Case {
        name,
        request: RequestBuilder::documented(),
        unlike: None,
        expected: Expected::Span {
            name: "aws.apigateway",
            start: Start::At(EXAMPLE_TIME),
            attributes: json!({
                "operation.name": "aws.apigateway",
                "span.type": "web",
                "_dd.inferred_span": 1,
                "component": "aws-apigateway",
                "resource.name": "GET /users",
                "service.name": "api.example.com",
                "server.address": "api.example.com",
                "http.request.method": "GET",
                "url.scheme": "https",
                "url.full": "https://api.example.com/users",
                "url.path": "/users",
                "stage": "prod",
                "http.response.status_code": 200,
            }),
        },
    }
}

impl Case {
    /// The name, and what other tracers do.
    pub fn describe(&self) -> String {
        match self.unlike {
            None => self.name.to_owned(),
            Some((tracers, what)) => format!("{} (other tracers, {tracers:?}: {what})", self.name),
        }
    }

    fn unlike(self, tracers: &'static [Tracer], what: &'static str) -> Self {
        Self { unlike: Some((tracers, what)), ..self }
    }

    fn and(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        Self { request: self.request.and(name, value), ..self }
    }

    fn without(self, name: &str) -> Self {
        Self { request: self.request.without(name), ..self }
    }

    fn set(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    fn proxy(self, value: &str) -> Self {
        self.set("x-dd-proxy", value)
    }

    fn time(self, value: impl AsRef<[u8]>) -> Self {
        self.set("x-dd-proxy-request-time-ms", value)
    }

    fn path(self, value: impl AsRef<[u8]>) -> Self {
        self.set("x-dd-proxy-path", value)
    }

    fn rejected(self, reason: InvalidProxyRequest) -> Self {
        Self { expected: Expected::NoSpan(Some(reason)), ..self }
    }

    fn ignored(self) -> Self {
        Self { expected: Expected::NoSpan(None), ..self }
    }

    /// Attributes that differ from the plain case's; null for those that aren't there.
    fn gives(mut self, changes: Value) -> Self {
        let Expected::Span { attributes, .. } = &mut self.expected else {
            panic!("{}: no span, no attributes", self.name);
        };
        let attributes = attributes.as_object_mut().expect("an object");
        for (key, value) in changes.as_object().expect("an object") {
            if value.is_null() {
                assert!(attributes.remove(key).is_some(), "{key} isn't there anyway");
            } else {
                attributes.insert(key.clone(), value.clone());
            }
        }
        self
    }

    fn starts(mut self, at: Start) -> Self {
        if let Expected::Span { start, .. } = &mut self.expected {
            *start = at;
        }
        self
    }

    fn named(mut self, gateway: &'static str) -> Self {
        if let Expected::Span { name, .. } = &mut self.expected {
            *name = gateway;
        }
        self.gives(json!({"operation.name": gateway}))
    }
}

fn invalid(value: &str) -> InvalidProxyRequest {
    InvalidProxyRequest::InvalidRequestTime(value.into())
}

fn out_of_range(value: &str) -> InvalidProxyRequest {
    InvalidProxyRequest::RequestTimeOutOfRange(value.into())
}

/// Every row.
pub fn cases() -> Vec<Case> {
    [proxies(), times(), untrusted(), paths_and_methods(), optional()].into_iter().flatten().collect()
}

fn proxies() -> Vec<Case> {
    let unknown = |value: &str| InvalidProxyRequest::UnknownProxy(value.into());
    vec![
        case("REST API"),
        case("HTTP API").proxy("aws-httpapi").named("aws.httpapi").gives(json!({"component": "aws-httpapi"})),
        case("Azure API Management").proxy("azure-apim").named("azure.apim").gives(json!({"component": "azure-apim"})),
        case("Azure API Management needs a time")
            .proxy("azure-apim")
            .without("x-dd-proxy-request-time-ms")
            .rejected(InvalidProxyRequest::MissingRequestTime),
        case("Azure Application Gateway with a time")
            .proxy("azure-gw")
            .named("azure.app-gateway")
            .gives(json!({"component": "azure-gw"})),
        case("Azure Application Gateway without a time")
            .proxy("azure-gw")
            .without("x-dd-proxy-request-time-ms")
            .named("azure.app-gateway")
            .starts(Start::Receipt)
            .gives(json!({"component": "azure-gw"})),
        case("Azure Front Door without a time")
            .proxy("azure-fd")
            .without("x-dd-proxy-request-time-ms")
            .named("azure.frontdoor")
            .starts(Start::Receipt)
            .gives(json!({"component": "azure-fd"})),
        case("Azure Front Door with a time that is none").proxy("azure-fd").time("soon").rejected(invalid("soon")),
        case("no x-dd-proxy").without("x-dd-proxy").ignored(),
        case("an unknown proxy").proxy("gcp-apigateway").rejected(unknown("gcp-apigateway")),
        case("an empty proxy").proxy("").rejected(unknown("")),
        case("a proxy joined with the client's own")
            .proxy("aws-apigateway, aws-apigateway")
            .rejected(unknown("aws-apigateway, aws-apigateway")),
        case("a long unknown proxy is cut in the reason").proxy(&"x".repeat(100)).rejected(unknown(&"x".repeat(64))),
        case("a proxy in upper case").proxy("AWS-APIGATEWAY").unlike(&[Js, Py, Java, Go, Rb, Php], "no span"),
        case("header names in upper case").without("x-dd-proxy-stage").and("X-DD-PROXY-STAGE", "prod"),
        case("an x-dd-proxy header that means nothing").and("x-dd-proxy-flavour", "mint"),
    ]
}

fn times() -> Vec<Case> {
    let now = now_ms();
    let mut cases = vec![
        case("no time").without("x-dd-proxy-request-time-ms").rejected(InvalidProxyRequest::MissingRequestTime),
        case("a time with a fraction").time("1729780025473.5").unlike(&[Py], "loses the application's trace"),
        case("10 digits are seconds")
            .time("1729780025")
            .unlike(ALL, "start in January 1970")
            .starts(Start::At(1_729_780_025_999))
            .gives(json!({"inferred_span.start_resolution_ms": 1000})),
        case("seconds with a fraction").time("1729780025.4739").starts(Start::At(EXAMPLE_TIME)),
        case("an HTTP API knows the second alone")
            .proxy("aws-httpapi")
            .time("1729780025000")
            .unlike(ALL, "start at its beginning, half a second early on average")
            .named("aws.httpapi")
            .starts(Start::At(1_729_780_025_999))
            .gives(json!({"component": "aws-httpapi", "inferred_span.start_resolution_ms": 1000})),
        case("an HTTP API's time with milliseconds, of another source")
            .proxy("aws-httpapi")
            .named("aws.httpapi")
            .gives(json!({"component": "aws-httpapi"})),
        case("a whole second of a REST API").time("1729780025000").starts(Start::At(1_729_780_025_000)),
        case("a time of today").time((now - 150).to_string()).starts(Start::At(now - 150)),
        case("a time in the future")
            .time((now + 5_000).to_string())
            .starts(Start::SkewedByAtMost(5_000))
            .unlike(&[Js, Py], "a negative duration, or one of 0"),
        case("a time in quotes").time("'1729780025473'"),
        case("a time with spaces").time(" 1729780025473 "),
        case("a time with leading zeros").time("0000000001729780025473"),
    ];
    for value in [
        "abc",
        "",
        "123abc",
        "1.7e12",
        "0x17",
        "-1",
        "-1729780025473",
        "+1729780025473",
        "1729780025473.",
        ".5",
        "1729780025473.4.7",
        "1729780025473.4a",
        "1 729 780 025 473",
        "١٧٢٩٧٨٠٠٢٥٤٧٣",
        "NaN",
        "null",
        "1729780025473,1729780025473",
    ] {
        cases.push(
            case("a time that is no decimal number")
                .time(value)
                .unlike(&[Js, Py], "js starts now or in 1970, py loses the application's trace")
                .rejected(invalid(value)),
        );
    }
    for value in [
        "0",
        "1",
        "0000",
        "999999999",
        "10000000000",
        "999999999999",
        "253402300800000",
        "1729780025473000",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999",
        "9999999999999999999999999999999999999999999999999999999999999999",
    ] {
        cases.push(
            case("a time that no gateway can have meant")
                .time(value)
                .unlike(ALL, "a span of 56 years, or one that starts in 2262")
                .rejected(out_of_range(value)),
        );
    }
    cases
}

fn untrusted() -> Vec<Case> {
    let long = |n: usize| "a".repeat(n);
    let mut cases = vec![
        case("the same header twice, equal").and("x-dd-proxy-domain-name", "api.example.com").unlike(&[Js], "no span"),
        case("a proxy twice, equal").and("x-dd-proxy", "aws-apigateway"),
        case("every header twice, equal")
            .and("x-dd-proxy", "aws-apigateway")
            .and("x-dd-proxy-request-time-ms", "1729780025473")
            .and("x-dd-proxy-domain-name", "api.example.com")
            .and("x-dd-proxy-httpmethod", "GET")
            .and("x-dd-proxy-path", "/users")
            .and("x-dd-proxy-stage", "prod")
            .unlike(&[Js], "no span"),
        case("a stage of 2 KiB").set("x-dd-proxy-stage", long(2048)).gives(json!({"stage": long(2048)})),
        case("a stage over 2 KiB")
            .set("x-dd-proxy-stage", long(2049))
            .unlike(ALL, "vary on values of any length")
            .gives(json!({"stage": null})),
        case("a path of 8 KiB").path(format!("/{}", long(8191))).gives(json!({
            "resource.name": format!("GET /{}", long(8191)),
            "url.full": format!("https://api.example.com/{}", long(8191)),
            "url.path": format!("/{}", long(8191)),
        })),
        case("a path over 8 KiB").path(format!("/{}", long(8192))).gives(json!({
            "resource.name": "GET", "url.full": null, "url.path": null,
        })),
        case("a stage outside UTF-8").set("x-dd-proxy-stage", b"pr\xffod").gives(json!({"stage": null})),
        case("a stage in UTF-8").set("x-dd-proxy-stage", "prød").gives(json!({"stage": "prød"})),
        case("a stage with a control character")
            .set("x-dd-proxy-stage", "pr\tod")
            .unlike(ALL, "vary on control characters")
            .gives(json!({"stage": null})),
        case("a stage with a control character beyond ASCII")
            .set("x-dd-proxy-stage", "pr\u{9b}od")
            .gives(json!({"stage": null})),
        case("a time outside UTF-8").time(b"17297800254\xff").rejected(InvalidProxyRequest::MissingRequestTime),
        case("a time over 2 KiB").time("1".repeat(2049)).rejected(InvalidProxyRequest::MissingRequestTime),
        case("a proxy outside UTF-8").set("x-dd-proxy", b"aws\xff").rejected(InvalidProxyRequest::UnreadableProxy),
        case("a domain that is no host")
            .set("x-dd-proxy-domain-name", "evil.example, api.example.com")
            .gives(json!({"service.name": null, "server.address": null, "url.full": null})),
        case("a domain in another case, with a trailing dot")
            .unlike(ALL, "a service for each spelling")
            .set("x-dd-proxy-domain-name", "API.Example.com."),
        case("a domain with a port").set("x-dd-proxy-domain-name", "x.localstack.cloud:4566").gives(json!({
            "service.name": "x.localstack.cloud", "server.address": "x.localstack.cloud", "server.port": 4566,
            "url.full": "https://x.localstack.cloud:4566/users",
        })),
        case("an IPv6 address with a port").set("x-dd-proxy-domain-name", "[2001:DB8::1]:8443").gives(json!({
            "service.name": "2001:db8::1", "server.address": "2001:db8::1", "server.port": 8443,
            "url.full": "https://[2001:db8::1]:8443/users",
        })),
        case("values in single quotes")
            .unlike(ALL, "no span, or attributes with quotes")
            .proxy("'aws-apigateway'")
            .set("x-dd-proxy-stage", "'prod'")
            .set("x-dd-proxy-region", "'us-east-1'")
            .gives(json!({"region": "us-east-1"})),
        case("one pair of quotes only, and only a pair")
            .set("x-dd-proxy-stage", "''prod''")
            .set("x-dd-proxy-region", "'us-east-1")
            .gives(json!({
                "stage": "'prod'", "region": "'us-east-1",
            })),
        case("a lone quote").set("x-dd-proxy-stage", "'").gives(json!({"stage": "'"})),
    ];
    for junk in ["[].example.com", "-:-.example.com", "..example.com", "https://a.example", "a.example:x"] {
        cases.push(
            case("a domain that is no host")
                .set("x-dd-proxy-domain-name", junk)
                .gives(json!({"service.name": null, "server.address": null, "url.full": null})),
        );
    }
    for (name, value) in [
        ("x-dd-proxy", "aws-httpapi"),
        ("x-dd-proxy-request-time-ms", "1729780025474"),
        ("x-dd-proxy-domain-name", "evil.example"),
        ("x-dd-proxy-httpmethod", "POST"),
        ("x-dd-proxy-path", "/evil"),
        ("x-dd-proxy-stage", "evil"),
    ] {
        cases.push(
            case("the same header twice, different")
                .and(name, value)
                .unlike(&[Py], "the last one counts, which a client can send")
                .rejected(InvalidProxyRequest::ConflictingHeader(name)),
        );
    }
    for name in ["resource-path", "account-id", "api-id", "region", "user", "request-id"] {
        let name: &'static str = format!("x-dd-proxy-{name}").leak();
        cases.push(
            case("the same header twice, different")
                .and(name, "a")
                .and(name, "b")
                .rejected(InvalidProxyRequest::ConflictingHeader(name)),
        );
    }
    cases
}

fn paths_and_methods() -> Vec<Case> {
    let mut cases = vec![
        case("a path without its slash").path("users").unlike(&[Py, Java, Go, Rb, Php, DotNet], "the path as it is"),
        case("no path").without("x-dd-proxy-path").unlike(&[Js], "https://api.example.comundefined").gives(json!({
            "resource.name": "GET", "url.full": null, "url.path": null,
        })),
        case("a path that an HTTP API sends decoded")
            .path("/files/my report ü.pdf")
            .unlike(ALL, "a URL that is none")
            .gives(json!({
                "resource.name": "GET /files/my report ü.pdf", "url.path": "/files/my report ü.pdf",
                "url.full": "https://api.example.com/files/my%20report%20%C3%BC.pdf",
            })),
        case("a path with a query").path("/users?token=secret").unlike(ALL, "secrets in the URL and the resource"),
        case("a path with a fragment").path("/users#top"),
        case("a query and no path").path("?token=secret").gives(json!({
            "resource.name": "GET", "url.full": null, "url.path": null,
        })),
        case("no domain")
            .without("x-dd-proxy-domain-name")
            .unlike(&[Js, Py], "https://undefined/users, https:///users")
            .gives(json!({"service.name": null, "server.address": null, "url.full": null})),
        case("no method")
            .without("x-dd-proxy-httpmethod")
            .unlike(&[Js, Py], "a resource of `undefined /users`, ` /users`")
            .gives(json!({"resource.name": "/users", "http.request.method": null})),
        case("a method in lower case").set("x-dd-proxy-httpmethod", "get"),
        case("an unknown method").set("x-dd-proxy-httpmethod", "Brew").gives(json!({
            "resource.name": "_OTHER /users", "http.request.method": "_OTHER",
            "http.request.method_original": "Brew",
        })),
        case("neither method nor path").without("x-dd-proxy-httpmethod").without("x-dd-proxy-path").gives(json!({
            "resource.name": "aws.apigateway", "http.request.method": null, "url.scheme": null,
            "url.full": null, "url.path": null,
        })),
        case("a resource path").path("/prod/users/42").and("x-dd-proxy-resource-path", "/users/{id}").gives(json!({
            "resource.name": "GET /users/{id}", "http.route": "/users/{id}",
            "url.path": "/prod/users/42", "url.full": "https://api.example.com/prod/users/42",
        })),
        case("a greedy resource path")
            .and("x-dd-proxy-resource-path", "/{proxy+}")
            .gives(json!({"resource.name": "GET /{proxy+}", "http.route": "/{proxy+}"})),
        case("a route key")
            .and("x-dd-proxy-resource-path", "GET /x/{id}")
            .unlike(ALL, "a resource of `GET GET /x/{id}`")
            .gives(json!({"resource.name": "GET /x/{id}", "http.route": "/x/{id}"})),
        case("a route key for any method")
            .and("x-dd-proxy-resource-path", "ANY /x/{id}")
            .gives(json!({"resource.name": "GET /x/{id}", "http.route": "/x/{id}"})),
        case("the default route key").and("x-dd-proxy-resource-path", "$default"),
    ];
    for (path, resource) in [
        ("/users/12345", "/users/{id}"),
        ("/users/12345/orders/7", "/users/{id}/orders/{id}"),
        ("/12345", "/{id}"),
        ("/users/12345/", "/users/{id}/"),
        ("/a//1", "/a//{id}"),
        ("/e/0b5f7c1e-6a43-4a2e-9d0f-3c1b2a495867", "/e/{id}"),
        ("/e/0B5F7C1E-6A43-4A2E-9D0F-3C1B2A495867", "/e/{id}"),
        ("/m/507f1f77bcf86cd799439011", "/m/{id}"),
        ("/v1/users", "/v1/users"),
        ("/facade/deadbeef", "/facade/deadbeef"),
        ("/abcdefabcdefabcdef", "/abcdefabcdefabcdef"),
        ("/12345-a", "/12345-a"),
        ("/", "/"),
    ] {
        cases.push(
            case("a path with ids and no resource path")
                .unlike(&[Js, Py, Java, Rb], "a resource of each id")
                .path(path)
                .gives(json!({
                    "resource.name": format!("GET {resource}"),
                    "url.path": path,
                    "url.full": format!("https://api.example.com{path}"),
                })),
        );
    }
    cases
}

fn optional() -> Vec<Case> {
    let arn = |proxy: &'static str, region: &str, id: &str| {
        case("an ARN")
            .unlike(ALL, "any region, always in the partition `aws`")
            .proxy(proxy)
            .and("x-dd-proxy-region", region)
            .and("x-dd-proxy-api-id", id)
    };
    let known = |region: &str, id: &str, arn: &str| {
        json!({
            "region": region, "apiid": id, "dd_resource_key": arn,
        })
    };
    vec![
        case("no stage")
            .without("x-dd-proxy-stage")
            .unlike(&[Js], "a stage of undefined")
            .gives(json!({"stage": null})),
        case("an empty stage").set("x-dd-proxy-stage", "").gives(json!({"stage": null})),
        case("all optional headers")
            .unlike(&[Js, Py, Java], "js and py record the user unasked, java once lacked the user agent")
            .and("x-dd-proxy-resource-path", "/users")
            .and("x-dd-proxy-account-id", "123456789012")
            .and("x-dd-proxy-api-id", "a1b2c3d4e5")
            .and("x-dd-proxy-region", "eu-west-1")
            .and("x-dd-proxy-user", "arn:aws:iam::123456789012:user/alice")
            .and("user-agent", "curl/8.5.0")
            .gives(json!({
                "http.route": "/users",
                "account_id": "123456789012",
                "apiid": "a1b2c3d4e5",
                "region": "eu-west-1",
                "dd_resource_key": "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5",
                "user_agent.original": "curl/8.5.0",
            })),
        arn("aws-apigateway", "us-gov-west-1", "a1").gives(known(
            "us-gov-west-1",
            "a1",
            "arn:aws-us-gov:apigateway:us-gov-west-1::/restapis/a1",
        )),
        arn("aws-apigateway", "cn-north-1", "a1").gives(known(
            "cn-north-1",
            "a1",
            "arn:aws-cn:apigateway:cn-north-1::/restapis/a1",
        )),
        arn("aws-httpapi", "eu-west-3", "a1")
            .named("aws.httpapi")
            .gives(known("eu-west-3", "a1", "arn:aws:apigateway:eu-west-3::/apis/a1"))
            .gives(json!({"component": "aws-httpapi"})),
        arn("aws-apigateway", "eu:west", "a1").gives(json!({
            "region": "eu:west", "apiid": "a1",
        })),
        arn("aws-apigateway", "eu-west-1", "../x").gives(json!({
            "region": "eu-west-1", "apiid": "../x",
        })),
        arn("azure-apim", "eu-west-1", "a1").named("azure.apim").gives(json!({
            "component": "azure-apim", "region": "eu-west-1",
            "apiid": "a1",
        })),
        case("a REST API's own id where the mapping is missing")
            .and("x-amzn-apigateway-api-id", "a1b2c3d4e5")
            .gives(json!({"apiid": "a1b2c3d4e5"})),
        case("the gateway's own user agent")
            .and("user-agent", "AmazonAPIGateway_a1b2c3d4e5")
            .unlike(ALL, "taken for the client's"),
        case("a REST API's request id")
            .and("x-dd-proxy-request-id", "L7f2kGqjDoEEJ0g=")
            .gives(json!({"aws.extended_request_id": "L7f2kGqjDoEEJ0g="})),
        case("an HTTP API's request id")
            .proxy("aws-httpapi")
            .and("x-dd-proxy-request-id", "L7f2kGqjDoEEJ0g=")
            .named("aws.httpapi")
            .gives(json!({"component": "aws-httpapi", "aws.request_id": "L7f2kGqjDoEEJ0g="})),
        case("an unmapped request id").and("x-dd-proxy-request-id", ""),
        case("a region without an API").and("x-dd-proxy-region", "eu-west-1").gives(json!({"region": "eu-west-1"})),
    ]
}
