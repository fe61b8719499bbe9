//! The attributes of the gateway's span.
//!
//! Names are those of [OpenTelemetry's semantic conventions][semconv], and the few by which Datadog overrides what it
//! would make of them.
//!
//! [semconv]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/

use std::borrow::Cow;

use opentelemetry::{Key, KeyValue, Value};

use super::arn::arn;
use super::last_texts::{LastTexts, Repeated};
use super::settings::SpanSettings;
use super::Start;
use crate::clock::Quality;
use crate::request::{Method, Proxy, ProxyRequest, OTHER_METHOD};

/// Room for the attributes of most requests, those of the response included, so that the list never moves.
const CAPACITY: usize = 18;
/// Room for those of a request with every header that there is.
const CAPACITY_WITH_CLOUD: usize = 28;

impl SpanSettings {
    /// The span's attributes, without those of the response.
    pub(super) fn attributes(&self, start: &Start<'_>) -> Vec<KeyValue> {
        // Before the texts are taken: it may log, and a subscriber is somebody else's code.
        let service = self.services.of_request(start.view.gateway(), start.received);
        LastTexts::with(|last| self.attributes_with(start, service, last))
    }

    fn attributes_with(&self, start: &Start<'_>, service: Option<Cow<'_, str>>, last: &mut LastTexts) -> Vec<KeyValue> {
        let request = start.view.gateway();
        let has_cloud = request.region().or(request.account_id()).is_some();
        let capacity = if has_cloud { CAPACITY_WITH_CLOUD } else { CAPACITY };
        let mut attributes = Attributes { list: Vec::with_capacity(capacity), last };
        let proxy = request.proxy();

        // First what decides where the span belongs: an SDK that is told to keep a few attributes keeps the first.
        attributes.host(request, service);
        attributes.push("_dd.inferred_span", 1);
        let resource = self.resource(request, attributes.last);
        attributes.push("resource.name", resource);
        attributes.push("operation.name", proxy.span_name());
        attributes.push("span.type", proxy.span_type());
        attributes.push("component", proxy.as_str());
        attributes.request_line(request);
        attributes.repeated("http.route", Repeated::Route, request.route());
        attributes.text("user_agent.original", request.user_agent());
        attributes.repeated("stage", Repeated::Stage, request.stage());
        attributes.repeated("apiid", Repeated::ApiId, request.api_id());
        attributes.request_id(request);
        attributes.cloud(request, self.otel_semantics);
        if self.personal.user {
            attributes.text("aws_user", request.user());
        }
        if self.personal.client_address {
            let address = request.client_address().map(|address| address.to_string());
            attributes.text("client.address", address.as_deref());
        }
        if let Some(x_ray) = start.x_ray {
            attributes.push("aws.xray.trace_id", x_ray.root());
        }
        match start.time.quality {
            Quality::Clamped { ahead } => {
                let ms = i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX);
                attributes.push("inferred_span.clock_skew_ms", ms);
            }
            Quality::WholeSecond => attributes.push("inferred_span.start_resolution_ms", 1_000),
            Quality::Given | Quality::Absent => {}
        }
        attributes.list
    }
}

/// A span's attributes in the making.
struct Attributes<'l> {
    list: Vec<KeyValue>,
    last: &'l mut LastTexts,
}

impl Attributes<'_> {
    #[inline]
    fn push(&mut self, key: &'static str, value: impl Into<Value>) {
        self.list.push(KeyValue::new(Key::from_static_str(key), value.into()));
    }

    #[inline]
    fn text(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(key, value.to_owned());
        }
    }

    #[inline]
    fn repeated(&mut self, key: &'static str, kind: Repeated, value: Option<&str>) {
        if let Some(value) = value {
            let value = self.last.get(kind, &[value]);
            self.push(key, value);
        }
    }

    fn host(&mut self, request: &ProxyRequest<'_>, service: Option<Cow<'_, str>>) {
        let (service, name) = (service.as_deref(), request.domain());
        // Mostly one text under two names.
        let kind = if service == name { Repeated::Domain } else { Repeated::Service };
        self.repeated("service.name", kind, service);
        self.repeated("server.address", Repeated::Domain, name);
        if let Some(port) = request.port() {
            self.push("server.port", i64::from(port));
        }
    }

    /// By the names of semantic conventions for what AWS's services answer.
    fn request_id(&mut self, request: &ProxyRequest<'_>) {
        let proxy = request.proxy();
        if proxy.cloud_provider() == "aws" {
            let [id, extended_id] = request.ids();
            self.text("aws.request_id", id);
            // An HTTP API has one id by two names.
            self.text("aws.extended_request_id", extended_id.filter(|_| id.is_none() || proxy != Proxy::HttpApi));
        }
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
        if let Some(url) = request.url() {
            self.push("url.full", url);
        }
        self.text("url.path", path);
    }

    /// The same values by Datadog's names or by OpenTelemetry's: twice, they would be a tenth of the span's cost.
    fn cloud(&mut self, request: &ProxyRequest<'_>, otel_semantics: bool) {
        let [region, account_id, arn_key] = match otel_semantics {
            true => ["cloud.region", "cloud.account.id", "cloud.resource_id"],
            false => ["region", "account_id", "dd_resource_key"],
        };
        self.repeated(region, Repeated::Region, request.region());
        self.repeated(account_id, Repeated::AccountId, request.account_id());
        if let Some(arn) = arn(request) {
            let arn = self.last.get(Repeated::Arn, &arn);
            self.push(arn_key, arn);
        }
        if otel_semantics {
            self.push("cloud.provider", request.proxy().cloud_provider());
        }
    }
}
