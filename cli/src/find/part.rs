//! Definitions in several files: what is in this one, and what isn't.

use std::rc::Rc;

use crate::tree::{Entry, Node, Value};

const INTEGRATION: &str = "x-amazon-apigateway-integration";
const METHODS: [&str; 9] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace", "x-amazon-apigateway-any-method"];

/// Whether a file holds paths of a definition, or one of them, and another file the rest.
pub(super) fn is_part(root: &Rc<Node<'_>>) -> bool {
    let items = paths(root).entries().map(|path| &path.value).chain([root]);
    let mut operations = items.flat_map(|item| item.entries()).filter(|entry| is_method(entry));
    integration_of(root).is_some() || operations.any(|entry| integration_of(&entry.value).is_some())
}

pub(super) fn integration_of<'n, 'a>(operation: &'n Node<'a>) -> Option<&'n Entry<'a>> {
    operation.entries().find(|entry| entry.key.text() == Some(INTEGRATION))
}

/// The paths: of a definition, or all that there is.
pub(super) fn paths<'n, 'a>(root: &'n Rc<Node<'a>>) -> &'n Rc<Node<'a>> {
    root.get("paths").unwrap_or(root)
}

/// Why not all of a mapping is in this document.
pub(super) fn why_unread(node: &Node<'_>) -> Option<&'static str> {
    let node = node.resolved();
    let is_call = |name: &str| node.get(name).is_some();
    match &node.value {
        _ if node.tag.as_deref() == Some("!Transform") || is_call("Fn::Transform") => {
            Some("in another file (AWS::Include)")
        }
        _ if is_call("$ref") => Some("`$ref` is not followed"),
        _ if node.tag.is_some() || is_call("Fn::If") => Some("computed"),
        Value::Call(_) | Value::Choice(_) | Value::Local(_) | Value::Expression | Value::Template(_) => {
            Some("computed")
        }
        Value::Scalar(text) if text.contains("${") => Some("computed"),
        _ => None,
    }
}

pub(super) fn is_method(operation: &Entry<'_>) -> bool {
    operation.key.text().is_some_and(|key| METHODS.contains(&key.to_ascii_lowercase().as_str()))
}
