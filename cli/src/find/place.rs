//! Where the mappings of an integration are.

use std::rc::Rc;

use super::alternatives::{alternatives, Locals};
use super::found::Place;
use crate::tree::{Node, Value};

/// Where the mappings of an integration are, or are to be. The last of `keys` is theirs, each in the one before.
pub(super) fn place<'a>(integration: &Rc<Node<'a>>, keys: &[&'static str]) -> Place<'a> {
    place_with(integration, keys, &|_| None)
}

/// The same in Terraform, where mappings may be those of a local.
pub(super) fn place_with<'a>(integration: &Rc<Node<'a>>, keys: &[&'static str], locals: Locals<'_, 'a>) -> Place<'a> {
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
    match alternatives(&within, locals) {
        // A map as it stands, or one that a function gives.
        Some(all) => match all.as_slice() {
            [parts] if matches!(parts.as_slice(), [only] if only.id() == within.id()) => Place::Map(within),
            _ => Place::Computed(all),
        },
        None => Place::Unreadable("the mappings are computed, or no map"),
    }
}

/// No value, or one that says that there is none.
fn is_null(node: &Node<'_>) -> bool {
    matches!(&node.value, Value::Empty) && node.tag.is_none() || node.says_null()
}

/// The node itself, or what it is an alias of.
fn target<'a>(node: &Rc<Node<'a>>) -> Rc<Node<'a>> {
    match &node.value {
        Value::Alias(target) => Rc::clone(target),
        _ => Rc::clone(node),
    }
}
