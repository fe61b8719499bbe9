//! The attributes of the gateway's span.
//!
//! Names are those of [OpenTelemetry's semantic conventions][semconv], and the few by which Datadog overrides what it
//! would make of them.
//!
//! [semconv]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{Key, KeyValue, Value};

use super::arn::arn;
use super::settings::{SpanSettings, OTHER_METHOD};
use crate::request::{Method, ProxyRequest, XRayTraceHeader};

/// Room for the attributes of most requests, those of the response included, so that the list never moves.
const CAPACITY: usize = 18;
/// Room for those of a request with every header that there is.
const CAPACITY_WITH_CLOUD: usize = 30;

impl SpanSettings {
    /// The span's attributes, without those of the response. `skew` is how far the gateway's clock is ahead.
    pub(super) fn attributes(
        &self,
        request: &ProxyRequest<'_>,
        x_ray: Option<&XRayTraceHeader>,
        skew: Option<Duration>,
    ) -> Vec<KeyValue> {
        let has_cloud = request.region().or(request.account_id()).is_some();
        let capacity = if has_cloud { CAPACITY_WITH_CLOUD } else { CAPACITY };
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

    /// The same text under two names. One copy of it: the second would be another allocation.
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
            self.push("http.request.method", method.known_or(OTHER_METHOD));
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
            let mut url = String::with_capacity("https://".len() + domain.len() + path.len());
            url.push_str("https://");
            url.push_str(domain);
            url.push_str(path);
            self.push("url.full", url);
        }
        self.text("url.path", path);
    }

    fn cloud(&mut self, request: &ProxyRequest<'_>) {
        self.twice(["region", "cloud.region"], request.region());
        self.twice(["account_id", "cloud.account.id"], request.account_id());
        self.twice(["dd_resource_key", "cloud.resource_id"], arn(request).as_deref());
        self.push("cloud.provider", request.proxy().cloud_provider());
    }
}
