//! Whether an OpenAPI definition is of a REST or an HTTP API.

use crate::table::Api;
use crate::tree::Node;

const REST: [&str; 7] = [
    "swagger",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-request-validator",
    "x-amazon-apigateway-request-validators",
    "x-amazon-apigateway-policy",
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-binary-media-types",
];
const HTTP: [&str; 2] = ["x-amazon-apigateway-cors", "x-amazon-apigateway-importexport-version"];

/// The signs that were seen.
#[derive(Debug, Default)]
pub(super) struct Signs {
    rest: bool,
    http: bool,
}

impl Signs {
    pub(super) fn of_root(root: &Node<'_>) -> Self {
        let mut signs = Self::default();
        for entry in root.entries() {
            let key = entry.key.text().unwrap_or_default();
            signs.rest |= REST.contains(&key);
            signs.http |= HTTP.contains(&key);
        }
        signs
    }

    pub(super) fn http(&mut self) {
        self.http = true;
    }

    pub(super) fn rest(&mut self) {
        self.rest = true;
    }

    /// By an integration's type and the keys of its mappings. Neither `payloadFormatVersion` nor
    /// `passthroughBehavior` says anything: both stand in documents of both kinds.
    pub(super) fn see(&mut self, integration: &Node<'_>, kind: &str) {
        self.rest |= matches!(kind.to_ascii_uppercase().as_str(), "HTTP" | "AWS" | "MOCK");
        let Some(parameters) = integration.get("requestParameters") else { return };
        for entry in parameters.entries() {
            let key = entry.key.text().unwrap_or_default();
            self.rest |= key.starts_with("integration.request.");
            self.http |= ["overwrite:", "append:", "remove:"].iter().any(|action| key.starts_with(action));
        }
    }

    /// What the signs agree on.
    pub(super) fn api(&self) -> Option<Api> {
        match (self.rest, self.http) {
            (true, false) => Some(Api::Rest),
            (false, true) => Some(Api::Http),
            _ => None,
        }
    }
}
