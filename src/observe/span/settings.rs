//! What of a request goes into its span, and under which names.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::Value;

use super::path_ids::without_ids;
use super::service_names::ServiceNames;
use crate::hints;
use crate::request::ProxyRequest;

/// The value of semantic conventions for an unknown method.
pub(super) const OTHER_METHOD: &str = "_OTHER";

/// What of a request goes into its span, and under which names.
#[derive(Clone, Debug)]
pub(crate) struct SpanSettings {
    /// Pairs of domain and service; the first one counts.
    pub(crate) service_mapping: Vec<(String, String)>,
    pub(crate) parameterize_paths: bool,
    /// The domains that became services; shared by the clones of a layer.
    pub(crate) service_names: Arc<ServiceNames>,
    pub(crate) record_user: bool,
    pub(crate) record_client_address: bool,
    pub(crate) otel_span_name: bool,
}

impl Default for SpanSettings {
    fn default() -> Self {
        Self {
            service_mapping: Vec::new(),
            parameterize_paths: true,
            service_names: Arc::default(),
            record_user: false,
            record_client_address: false,
            otel_span_name: false,
        }
    }
}

impl SpanSettings {
    /// `aws.apigateway`; or `GET /users/{id}`, as semantic conventions want it.
    pub(super) fn span_name(&self, request: &ProxyRequest<'_>) -> Cow<'static, str> {
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

    /// What the domain is mapped to, else the domain itself, unless there are too many: then the span has the
    /// application's service.
    pub(super) fn service<'a>(&'a self, domain: &'a str) -> Option<&'a str> {
        let mapped = self.service_mapping.iter().find(|(from, _)| from == domain);
        if let Some((_, service)) = mapped {
            return Some(service);
        }
        let admitted = self.service_names.admit(domain);
        if !admitted {
            hints::too_many_services();
        }
        admitted.then_some(domain)
    }

    /// `GET /users/{id}`: as few values as the API has operations.
    pub(super) fn resource(&self, request: &ProxyRequest<'_>) -> Value {
        let method = request.typed_method().map(|method| method.known_or(OTHER_METHOD));
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
