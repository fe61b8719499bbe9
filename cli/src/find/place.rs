//! Where the mappings of an integration are.

use std::rc::Rc;

use super::found::Place;
use crate::tree::{Entry, Node, Value};

/// Where the mappings of an integration are, or are to be. The last of `keys` is theirs, each in the one before.
pub(super) fn place<'a>(integration: &Rc<Node<'a>>, keys: &[&'static str]) -> Place<'a> {
    let mut within = target(integration);
    let mut rest = keys;
    while let [key, deeper @ ..] = rest {
        if within.mapping().is_none() {
            return Place::Unreadable("the mappings are computed, or no map");
        }
        let Some(value) = within.get(key) else {
            return Place::Absent { within, keys: rest.to_vec() };
        };
        if is_null(value) && deeper.is_empty() {
            return Place::Empty { within, key };
        }
        within = target(value);
        rest = deeper;
    }
    match within.mapping() {
        // A function of CloudFormation, which gives the whole map.
        Some(map) if within.tag.is_none() && !map.entries.iter().any(|entry| is_function(entry)) => Place::Map(within),
        _ => Place::Unreadable("the mappings are computed, or no map"),
    }
}

/// No value, or one that says that there is none.
fn is_null(node: &Node<'_>) -> bool {
    matches!(&node.value, Value::Empty) && node.tag.is_none()
        || matches!(&node.value, Value::Scalar(_)) && matches!(node.text(), Some("null" | "Null" | "NULL" | "~"))
}

fn is_function(entry: &Entry<'_>) -> bool {
    entry.key.text().is_some_and(|key| key.starts_with("Fn::") || key == "Ref")
}

/// The node itself, or what it is an alias of.
fn target<'a>(node: &Rc<Node<'a>>) -> Rc<Node<'a>> {
    match &node.value {
        Value::Alias(target) => Rc::clone(target),
        _ => Rc::clone(node),
    }
}
