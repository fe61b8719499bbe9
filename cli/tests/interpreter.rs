//! What API Gateway makes of a request: a small interpreter of mappings, as its developer guide describes them.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use apigateway_inferred_span::{Proxy, ProxyRequest};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Rest,
    Http,
}

/// An integration as the gateway sees it: no function, variable or escape of a tool is left in it.
#[derive(Debug, Clone)]
pub(crate) struct Integration {
    pub(crate) name: String,
    pub(crate) api: Api,
    /// In upper case.
    pub(crate) kind: String,
    pub(crate) uri: String,
    pub(crate) mappings: Vec<(String, String)>,
    /// The path parameters of the method; `None` if the document doesn't have the method.
    pub(crate) declared: Option<BTreeSet<String>>,
}

pub(crate) type Headers = Vec<(String, String)>;

pub(crate) const REGION: &str = "eu-west-1";
const PATH_VALUE: &str = "42";

/// The request that reaches the application: its headers, and the URI.
pub(crate) fn deliver(integration: &Integration, client: &Headers) -> Result<(Headers, String), String> {
    match integration.api {
        Api::Rest => deliver_rest(integration, client),
        Api::Http => deliver_http(integration, client),
    }
}

fn deliver_rest(integration: &Integration, client: &Headers) -> Result<(Headers, String), String> {
    let mut headers = match integration.kind.as_str() {
        "HTTP_PROXY" => client.clone(),
        "HTTP" => Vec::new(),
        other => return Err(format!("{other} reaches no application")),
    };
    let mut uri = integration.uri.clone();
    for (key, value) in &integration.mappings {
        let place = key.strip_prefix("integration.request.").ok_or(format!("{key}: no key of a REST API"))?;
        let value = rest_value(value, integration)?;
        match place.split_once('.') {
            // Names are case-sensitive, so that another spelling stays beside it.
            Some(("header", name)) => {
                headers.retain(|(known, _)| known != name);
                headers.push((name.to_owned(), value));
            }
            Some(("path", name)) => uri = uri.replace(&format!("{{{name}}}"), &value),
            Some(("querystring", _)) => {}
            _ => return Err(format!("{key}: no key of a REST API")),
        }
    }
    Ok((headers, uri))
}

fn rest_value(value: &str, integration: &Integration) -> Result<String, String> {
    if let Some(text) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Ok(text.to_owned());
    }
    if let Some(name) = value.strip_prefix("context.") {
        return context(name, Api::Rest);
    }
    if let Some(name) = value.strip_prefix("method.request.path.") {
        let declared = integration.declared.as_ref().is_none_or(|names| names.contains(name));
        return declared.then(|| PATH_VALUE.to_owned()).ok_or(format!("{value}: not declared"));
    }
    match value.starts_with("method.request.") || value.starts_with("stageVariables.") {
        true => Ok("from the request".to_owned()),
        false => Err(format!("Invalid mapping expression specified: {value}")),
    }
}

fn deliver_http(integration: &Integration, client: &Headers) -> Result<(Headers, String), String> {
    if integration.kind != "HTTP_PROXY" {
        return Err(format!("{} reaches no application", integration.kind));
    }
    let mut headers = client.clone();
    let mut uri = integration.uri.replace("{proxy}", PATH_VALUE);
    for (key, value) in &integration.mappings {
        let (action, place) = key.split_once(':').ok_or(format!("{key}: no key of an HTTP API"))?;
        let value = http_value(value)?;
        if place == "path" {
            uri.push_str(&value);
        }
        let Some(name) = place.strip_prefix("header.") else { continue };
        let same = |known: &String| known.eq_ignore_ascii_case(name);
        match action {
            "append" => match headers.iter_mut().find(|(known, _)| same(known)) {
                Some((_, known)) => *known = format!("{known},{value}"),
                None => headers.push((name.to_owned(), value)),
            },
            "overwrite" => {
                headers.retain(|(known, _)| !same(known));
                headers.push((name.to_owned(), value));
            }
            "remove" => headers.retain(|(known, _)| !same(known)),
            _ => return Err(format!("{key}: no action")),
        }
    }
    Ok((headers, uri))
}

/// Text with `$context.name`, `${context.name}` and the same of `request` and `stageVariables` in it.
fn http_value(value: &str) -> Result<String, String> {
    let mut written = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('$') {
        written.push_str(before);
        let (name, behind) = match after.strip_prefix('{') {
            Some(inner) => inner.split_once('}').ok_or(format!("{value}: `}}` is missing"))?,
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        match name.split_once('.') {
            Some(("context", name)) => written += &context(name, Api::Http)?,
            Some(("request" | "stageVariables", _)) => written += "from the request",
            _ => return Err(format!("{value}: nothing is called {name:?}")),
        }
        rest = behind;
    }
    Ok(written + rest)
}

fn context(name: &str, api: Api) -> Result<String, String> {
    let value = match (name, api) {
        ("requestTimeEpoch", Api::Rest) => "1729780025473",
        // In seconds.
        ("requestTimeEpoch", Api::Http) => "1729780025",
        ("domainName", _) => "api.example.com",
        ("httpMethod", _) => "GET",
        ("path", _) => "/prod/orders/42",
        ("stage", _) => "prod",
        ("resourcePath", Api::Rest) => "/orders/{id}",
        ("routeKey", Api::Http) => "GET /orders/{id}",
        ("accountId", _) => "123456789012",
        ("apiId", _) => "abc123",
        ("extendedRequestId", Api::Rest) => "JKJaXmPLvHcESHA=",
        ("requestId", _) => "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        ("identity.user", _) => "AIDACKCEVSQ6C2EXAMPLE",
        _ => return Err(format!("no variable is called {name:?}")),
    };
    Ok(value.to_owned())
}

/// What a client sends who wants to be taken for a gateway.
pub(crate) fn forged() -> Headers {
    let pairs = [
        ("host", "api.example.com"),
        ("user-agent", "curl/8"),
        ("x-dd-proxy", "azure-apim"),
        ("x-dd-proxy-request-time-ms", "1"),
        ("x-dd-proxy-domain-name", "forged.example.org"),
        ("x-dd-proxy-httpmethod", "DELETE"),
        ("x-dd-proxy-path", "/forged"),
        ("x-dd-proxy-stage", "forged"),
        ("x-dd-proxy-resource-path", "/forged"),
        ("x-dd-proxy-account-id", "999999999999"),
        ("x-dd-proxy-api-id", "forged"),
        ("x-dd-proxy-region", "us-east-1"),
        ("x-dd-proxy-request-id", "forged"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// What the library reads of the headers must be what the gateway knows, whatever the client sent.
pub(crate) fn assert_believed(integration: &Integration, proxy: Proxy, with_region: bool) {
    for client in [Vec::new(), forged()] {
        let (headers, uri) =
            deliver(integration, &client).unwrap_or_else(|error| panic!("{}: {error}", integration.name));
        assert!(!uri.contains('{') && !uri.contains('}'), "{}: {uri}", integration.name);
        let has_parameter = integration.uri.contains('{');
        assert!(!has_parameter || uri.ends_with(&format!("/{PATH_VALUE}")), "{}: {uri}", integration.name);
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let gateway = ProxyRequest::from_headers(pairs).expect("headers that are right").expect("headers");
        assert_eq!(gateway.proxy(), proxy, "{}", integration.name);
        let ms = if integration.api == Api::Rest { 1_729_780_025_473 } else { 1_729_780_025_000 };
        assert_eq!(gateway.request_time(), Some(SystemTime::UNIX_EPOCH + Duration::from_millis(ms)));
        assert_eq!(gateway.domain(), Some("api.example.com"));
        assert_eq!(gateway.method(), Some("GET"));
        assert_eq!(gateway.path(), Some("/prod/orders/42"));
        assert_eq!(gateway.stage(), Some("prod"));
        assert_eq!(gateway.route(), Some("/orders/{id}"));
        assert_eq!(gateway.account_id(), Some("123456789012"));
        assert_eq!(gateway.api_id(), Some("abc123"));
        let id = if integration.api == Api::Rest { "JKJaXmPLvHcESHA=" } else { "c6af9ac6-7b61-11e6-9a41-93e8deadbeef" };
        assert_eq!(gateway.request_id(), Some(id));
        if with_region {
            assert_eq!(gateway.region(), Some(REGION), "{}", integration.name);
        }
    }
}

#[test]
fn a_client_is_believed_where_nothing_is_mapped() {
    let integration = Integration {
        name: "unmapped".to_owned(),
        api: Api::Rest,
        kind: "HTTP_PROXY".to_owned(),
        uri: "http://a".to_owned(),
        mappings: Vec::new(),
        declared: None,
    };
    let (headers, _) = deliver(&integration, &forged()).expect("delivered");
    assert_eq!(headers, forged());
    let none = deliver(&Integration { kind: "HTTP".to_owned(), ..integration }, &forged()).expect("delivered");
    assert_eq!(none.0, []);
}

#[test]
fn mistakes_are_refused_or_pass_as_the_guide_says() {
    let integration = |api, key: &str, value: &str| Integration {
        name: key.to_owned(),
        api,
        kind: "HTTP_PROXY".to_owned(),
        uri: "http://a".to_owned(),
        mappings: vec![(key.to_owned(), value.to_owned())],
        declared: Some(BTreeSet::new()),
    };
    for (key, value) in [
        ("integration.request.header.x", "unquoted"),
        ("integration.request.header.x", "$context.stage"),
        ("integration.request.header.x", "context.nothing"),
        ("integration.request.path.x", "method.request.path.x"),
        ("overwrite:header.x", "'a'"),
    ] {
        assert!(deliver(&integration(Api::Rest, key, value), &Vec::new()).is_err(), "{key}: {value}");
    }
    let sent = |key: &str, value: &str| deliver(&integration(Api::Http, key, value), &forged()).expect("delivered").0;
    let find = |headers: Headers| headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("x-dd-proxy"));
    assert_eq!(find(sent("append:header.X-DD-Proxy", "aws-httpapi")).expect("there").1, "azure-apim,aws-httpapi");
    assert_eq!(find(sent("overwrite:header.X-DD-Proxy", "'${context.stage}'")).expect("there").1, "'prod'");
    assert_eq!(find(sent("remove:header.X-DD-Proxy", "")), None);
}

/// To a REST API, names of headers differ by their case, so a client's own pass beside the gateway's.
#[test]
fn forged_headers_in_another_case_are_never_believed() {
    let mapping = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let rest = Integration {
        name: "cases".to_owned(),
        api: Api::Rest,
        kind: "HTTP_PROXY".to_owned(),
        uri: "http://a".to_owned(),
        mappings: vec![
            mapping("integration.request.header.x-dd-proxy", "'aws-apigateway'"),
            mapping("integration.request.header.x-dd-proxy-request-time-ms", "context.requestTimeEpoch"),
            mapping("integration.request.header.x-dd-proxy-domain-name", "context.domainName"),
        ],
        declared: None,
    };
    for name in ["X-DD-Proxy", "X-Dd-Proxy-Domain-Name"] {
        let client = vec![mapping(name, "forged.example.org")];
        let (headers, _) = deliver(&rest, &client).expect("delivered");
        assert_eq!(headers.len(), 4);
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let believed = ProxyRequest::from_headers(pairs).ok().flatten();
        assert!(believed.is_none_or(|gateway| gateway.domain() != Some("forged.example.org")), "{name}");
    }
}
