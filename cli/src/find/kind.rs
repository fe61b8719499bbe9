//! Whether an OpenAPI definition is of a REST or an HTTP API.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::part::{integration_of, is_method, paths};
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
    fn of_root(root: &Node<'_>) -> Self {
        let mut signs = Self::default();
        for entry in root.entries() {
            let key = entry.key.text().unwrap_or_default();
            signs.rest |= REST.contains(&key);
            signs.http |= HTTP.contains(&key);
        }
        signs
    }

    fn http(&mut self) {
        self.http = true;
    }

    fn rest(&mut self) {
        self.rest = true;
    }

    /// By an integration's type and the keys of its mappings. Neither `payloadFormatVersion` nor
    /// `passthroughBehavior` says anything: both stand in documents of both kinds.
    fn see(&mut self, integration: &Node<'_>, kind: &str) {
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

/// The signs of REST and HTTP, in all of a definition.
pub(super) fn signs(root: &Rc<Node<'_>>) -> Signs {
    let mut signs = Signs::of_root(root);
    if root.at(&["components", "x-amazon-apigateway-integrations"]).is_some() {
        signs.http();
    }
    let mut seen = BTreeSet::new();
    if paths(root).get("$default").is_some() {
        signs.http();
    }
    for item in paths(root).entries().map(|path| &path.value).chain([root]) {
        for operation in item.entries().filter(|operation| is_method(operation)) {
            let Some(integration) = integration_of(&operation.value).map(|entry| &entry.value) else { continue };
            if operation.value.get("x-amazon-apigateway-request-validator").is_some() {
                signs.rest();
            }
            if seen.insert(integration.resolved().id()) {
                let kind = integration.get("type").and_then(|kind| kind.text()).unwrap_or_default();
                signs.see(integration, kind);
            }
        }
    }
    signs
}
