//! From what the gateway said to the span's name and attributes.
//!
//! Names are those of [OpenTelemetry's semantic conventions][semconv], and the few by which Datadog overrides what it
//! would make of them.
//!
//! [semconv]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{Key, KeyValue, Value};

use crate::hints;
use crate::observe::span::service_names::Services;
use crate::request::{Method, Proxy, ProxyRequest, XRayTraceHeader};

/// Room for the attributes of most requests, those of the response included, so that the list never moves.
const FEW: usize = 18;
/// Room for those of a request with every header there is.
const MANY: usize = 30;

/// The method of a request whose method isn't known, in semantic conventions.
const OTHER: &str = "_OTHER";

/// Hexadecimal from this length on is an id: a 64-bit number has 16 digits, MongoDB's ids and hashes more.
const LONG_HEX: usize = 16;

/// What of a request goes into its span, and how.
#[derive(Clone, Debug)]
pub(crate) struct Naming {
    pub(crate) service_mapping: Vec<(String, String)>,
    pub(crate) parameterize_paths: bool,
    pub(crate) services: Arc<Services>,
    pub(crate) record_user: bool,
    pub(crate) record_client_address: bool,
    pub(crate) otel_span_name: bool,
}

impl Default for Naming {
    fn default() -> Self {
        Self {
            service_mapping: Vec::new(),
            parameterize_paths: true,
            services: Arc::default(),
            record_user: false,
            record_client_address: false,
            otel_span_name: false,
        }
    }
}

impl Naming {
    /// `aws.apigateway`; or `GET /users/{id}`, as semantic conventions want it.
    pub(crate) fn span_name(&self, request: &ProxyRequest<'_>) -> Cow<'static, str> {
        if !self.otel_span_name {
            return request.proxy().span_name().into();
        }
        let method = request.typed_method().map(|method| method.known_or("HTTP"));
        match (method, request.route()) {
            (Some(method), Some(route)) => [method, " ", route].concat().into(),
            (Some(method), None) => method.into(),
            (None, _) => request.proxy().span_name().into(),
        }
    }

    /// The span's attributes, those of the response not yet among them. `skew` is how far the gateway's clock is
    /// ahead.
    pub(crate) fn attributes(
        &self,
        request: &ProxyRequest<'_>,
        x_ray: Option<&XRayTraceHeader>,
        skew: Option<Duration>,
    ) -> Vec<KeyValue> {
        let has_few = request.region().or(request.account_id()).is_none();
        let capacity = if has_few { FEW } else { MANY };
        let mut attributes = Attributes(Vec::with_capacity(capacity));
        let proxy = request.proxy();

        attributes.push("operation.name", proxy.span_name());
        attributes.push("span.type", "web");
        attributes.push("_dd.inferred_span", 1);
        attributes.push("component", proxy.as_str());
        attributes.push("resource.name", self.resource(request));
        attributes.domain(request.domain(), |domain| self.service(domain));
        attributes.request_line(request);
        attributes.text("http.route", request.route());
        attributes.text("user_agent.original", request.user_agent());
        attributes.text("stage", request.stage());
        attributes.text("apiid", request.api_id());
        attributes.cloud(request);
        if self.record_user {
            attributes.text("aws_user", request.user());
        }
        if self.record_client_address {
            let address = request.client_address().map(|address| address.to_string());
            attributes.text("client.address", address.as_deref());
        }
        if let Some(x_ray) = x_ray {
            attributes.push("aws.xray.trace_id", x_ray.root());
        }
        if let Some(skew) = skew {
            let ms = i64::try_from(skew.as_millis()).unwrap_or(i64::MAX);
            attributes.push("inferred_span.clock_skew_ms", ms);
        }
        attributes.0
    }

    /// What the domain is mapped to, else itself, unless there are too many: then the span has the application's.
    fn service<'a>(&'a self, domain: &'a str) -> Option<&'a str> {
        let mapped = self.service_mapping.iter().find(|(from, _)| from == domain);
        if let Some((_, service)) = mapped {
            return Some(service);
        }
        let admitted = self.services.admit(domain);
        if !admitted {
            hints::too_many_services();
        }
        admitted.then_some(domain)
    }

    /// `GET /users/{id}`: as few values as the API has operations.
    fn resource(&self, request: &ProxyRequest<'_>) -> Value {
        let method = request.typed_method().map(|method| method.known_or(OTHER));
        let path = match (request.route(), request.path()) {
            (Some(route), _) => Some(Cow::Borrowed(route)),
            (None, Some(path)) if self.parameterize_paths => Some(without_ids(path)),
            (None, path) => path.map(Cow::Borrowed),
        };
        match (method, path) {
            (Some(method), Some(path)) => [method, " ", &path].concat().into(),
            (Some(method), None) => method.into(),
            (None, Some(path)) => path.into_owned().into(),
            (None, None) => request.proxy().span_name().into(),
        }
    }
}

/// A span's attributes in the making.
struct Attributes(Vec<KeyValue>);

impl Attributes {
    #[inline]
    fn push(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.push(KeyValue::new(Key::from_static_str(key), value.into()));
    }

    #[inline]
    fn text(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(key, value.to_owned());
        }
    }

    /// The same text twice, in one place.
    #[inline]
    fn twice(&mut self, [one, other]: [&'static str; 2], value: Option<&str>) {
        if let Some(value) = value {
            let value: Arc<str> = value.into();
            self.push(one, Arc::clone(&value));
            self.push(other, value);
        }
    }

    fn domain<'d>(&mut self, domain: Option<&'d str>, service: impl Fn(&'d str) -> Option<&'d str>) {
        let service = domain.and_then(service);
        if service == domain {
            return self.twice(["service.name", "server.address"], domain);
        }
        self.text("service.name", service);
        self.text("server.address", domain);
    }

    fn request_line(&mut self, request: &ProxyRequest<'_>) {
        let (method, path) = (request.typed_method(), request.path());
        if let Some(method) = method {
            self.push("http.request.method", method.known_or(OTHER));
            if let Method::Other(original) = method {
                self.push("http.request.method_original", original.to_owned());
            }
        }
        if method.is_none() && path.is_none() {
            return;
        }
        self.push("url.scheme", "https");
        if let Some(domain) = request.domain() {
            let path = path.unwrap_or("/");
            self.push("url.full", ["https://", domain, path].concat());
        }
        self.text("url.path", path);
    }

    fn cloud(&mut self, request: &ProxyRequest<'_>) {
        self.twice(["region", "cloud.region"], request.region());
        self.twice(["account_id", "cloud.account.id"], request.account_id());
        self.twice(["dd_resource_key", "cloud.resource_id"], arn(request).as_deref());
        let is_aws = request.proxy().is_aws();
        self.push("cloud.provider", if is_aws { "aws" } else { "azure" });
    }
}

/// The API's [ARN], if the parts that would go into it look like what they should be.
///
/// [ARN]: https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
fn arn(request: &ProxyRequest<'_>) -> Option<String> {
    let kind = match request.proxy() {
        Proxy::RestApi => "restapis",
        Proxy::HttpApi => "apis",
        _ => return None,
    };
    let is_region = |s: &&str| s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let is_id = |s: &&str| s.bytes().all(|b| b.is_ascii_alphanumeric());
    let region = request.region().filter(is_region)?;
    let id = request.api_id().filter(is_id)?;
    let partition = match region {
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("cn-") => "aws-cn",
        _ => "aws",
    };
    Some(["arn:", partition, ":apigateway:", region, "::/", kind, "/", id].concat())
}

/// The path with `{id}` in place of every segment that looks like one: digits, a UUID, long hexadecimal.
fn without_ids(path: &str) -> Cow<'_, str> {
    if !path.split('/').any(is_id) {
        return path.into();
    }
    let mut replaced = String::with_capacity(path.len());
    for segment in path.split('/').skip(1) {
        replaced.push('/');
        replaced.push_str(if is_id(segment) { "{id}" } else { segment });
    }
    replaced.into()
}

fn is_id(segment: &str) -> bool {
    let all = |test: fn(&u8) -> bool| segment.as_bytes().iter().all(test);
    let any_digit = || segment.bytes().any(|b| b.is_ascii_digit());

    match segment.len() {
        0 => false,
        len if len >= LONG_HEX && any_digit() && all(u8::is_ascii_hexdigit) => true,
        _ => all(u8::is_ascii_digit) || is_uuid(segment),
    }
}

fn is_uuid(segment: &str) -> bool {
    segment.len() == 36
        && segment.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_paths_are_replaced() {
        for (path, expected) in [
            ("/users/42", "/users/{id}"),
            ("/users/42/orders/7", "/users/{id}/orders/{id}"),
            ("/0", "/{id}"),
            ("/42/", "/{id}/"),
            ("//42//", "//{id}//"),
            ("/e/0b5f7c1e-6a43-4a2e-9d0f-3c1b2a495867", "/e/{id}"),
            ("/e/ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB", "/e/{id}"),
            ("/m/507f1f77bcf86cd799439011", "/m/{id}"),
            ("/m/DEADBEEFDEADBEE0", "/m/{id}"),
        ] {
            assert_eq!(without_ids(path), expected, "{path:?}");
        }
    }

    #[test]
    fn other_segments_are_kept() {
        for path in [
            "/",
            "//",
            "/users",
            "/v2",
            "/42a",
            "/4.2",
            "/-42",
            "/%34%32",
            "/\u{664}\u{662}",
            // Hexadecimal: a digit too short, without any digit, with a letter beyond f.
            "/deadbeefdeadbe0",
            "/deadbeefdeadbeef",
            "/deadbeefdeadbee0g",
            // UUIDs: without a hyphen, with one in another place, in braces.
            "/0b5f7c1e-6a43-4a2e-9d0f03c1b2a495867",
            "/0b5f7c1-e6a43-4a2e-9d0f-3c1b2a495867",
            "/{0b5f7c1e-6a43-4a2e-9d0f-3c1b2a495867}",
        ] {
            assert_eq!(without_ids(path), path);
        }
    }

    fn arn_of(proxy: &str, region: &str, api_id: &str) -> Option<String> {
        let headers = [
            ("x-dd-proxy", proxy),
            ("x-dd-proxy-request-time-ms", "1729780025473"),
            ("x-dd-proxy-region", region),
            ("x-dd-proxy-api-id", api_id),
        ];
        let request = ProxyRequest::from_headers(headers.iter().map(|(name, value)| (*name, *value)));
        arn(&request.expect("valid").expect("from a gateway"))
    }

    #[test]
    fn arn_has_partition_region_and_kind_of_api() {
        for (proxy, region, expected) in [
            ("aws-apigateway", "eu-west-3", "arn:aws:apigateway:eu-west-3::/restapis/a1b2c3d4e5"),
            ("aws-httpapi", "eu-west-3", "arn:aws:apigateway:eu-west-3::/apis/a1b2c3d4e5"),
            ("aws-apigateway", "us-gov-west-1", "arn:aws-us-gov:apigateway:us-gov-west-1::/restapis/a1b2c3d4e5"),
            ("aws-httpapi", "cn-north-1", "arn:aws-cn:apigateway:cn-north-1::/apis/a1b2c3d4e5"),
        ] {
            assert_eq!(arn_of(proxy, region, "a1b2c3d4e5").as_deref(), Some(expected));
        }
    }

    #[test]
    fn arn_is_left_out_if_a_part_is_unusable() {
        for (proxy, region, api_id) in [
            ("azure-apim", "eu-west-3", "a1b2c3d4e5"),
            ("azure-gw", "eu-west-3", "a1b2c3d4e5"),
            ("azure-fd", "eu-west-3", "a1b2c3d4e5"),
            ("aws-apigateway", "", "a1b2c3d4e5"),
            ("aws-apigateway", "eu-west-3", ""),
            ("aws-apigateway", "EU-WEST-3", "a1b2c3d4e5"),
            ("aws-apigateway", "eu:west", "a1b2c3d4e5"),
            ("aws-apigateway", "eu west", "a1b2c3d4e5"),
            ("aws-httpapi", "eu-west-3", "a1b2/stages"),
            ("aws-httpapi", "eu-west-3", "a1b2-c3"),
            ("aws-httpapi", "eu-west-3", "\u{e9}"),
        ] {
            assert_eq!(arn_of(proxy, region, api_id), None, "{proxy} {region:?} {api_id:?}");
        }
    }
}
