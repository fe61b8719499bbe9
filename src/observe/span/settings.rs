//! What of a request goes into its span, and under which names.

use std::borrow::Cow;

use opentelemetry::Value;

use super::last_texts::{LastTexts, Repeated};
use super::path_ids::without_ids;
use super::services::Services;
use super::CustomAttributes;
use crate::observe::Personal;
use crate::request::{Proxy, ProxyRequest, OTHER_METHOD};

/// What of a request goes into its span, and under which names.
#[derive(Clone, Debug)]
pub(crate) struct SpanSettings {
    pub(crate) services: Services,
    pub(crate) parameterize_paths: bool,
    pub(crate) personal: Personal,
    /// Names and attributes are OpenTelemetry's alone where Datadog's are others.
    pub(crate) otel_semantics: bool,
    pub(crate) custom: Option<CustomAttributes>,
}

impl Default for SpanSettings {
    fn default() -> Self {
        Self {
            services: Services::default(),
            parameterize_paths: true,
            personal: Personal::default(),
            otel_semantics: false,
            custom: None,
        }
    }
}

impl SpanSettings {
    /// `aws.apigateway`; or `GET /users/{id}`, as semantic conventions want it.
    pub(super) fn span_name(&self, request: &ProxyRequest<'_>) -> Cow<'static, str> {
        if !self.otel_semantics {
            return request.proxy().span_name().into();
        }
        let method = request.typed_method().map(|method| method.known_or("HTTP"));
        match (method, request.route()) {
            (Some(method), Some(route)) => [method, " ", route].concat().into(),
            (Some(method), None) => method.into(),
            (None, _) => request.proxy().span_name().into(),
        }
    }

    /// `GET /users/{id}`: as few values as the API has operations.
    ///
    /// Of a WebSocket API the route key: `$connect`, `sendMessage`.
    pub(super) fn resource(&self, request: &ProxyRequest<'_>, last: &mut LastTexts) -> Value {
        let method = request.typed_method().map(|method| method.known_or(OTHER_METHOD));
        let path = match (request.route(), request.path()) {
            (Some(route), _) => Some(Cow::Borrowed(route)),
            (None, Some(path)) if self.parameterize_paths => Some(without_ids(path)),
            (None, path) => path.map(Cow::Borrowed),
        };
        match (method, path) {
            (Some(method), Some(path)) => last.get(Repeated::Resource, &[method, " ", &path]).into(),
            (Some(method), None) => method.into(),
            (None, Some(path)) => path.into_owned().into(),
            (None, None) => match (request.proxy(), request.route_key()) {
                (Proxy::WebSocketApi, Some(key)) => last.get(Repeated::Resource, &[key]).into(),
                (proxy, _) => proxy.span_name().into(),
            },
        }
    }
}
