//! Mappings that are computed from maps that the document has.

use std::rc::Rc;

use crate::tree::{Node, Value};

/// The maps of which mappings are made. Of those with the same key, the last one counts.
pub(crate) type Parts<'a> = Vec<Rc<Node<'a>>>;

/// More than anybody writes.
const MOST: usize = 16;

/// Finds the value of a local of Terraform.
pub(super) type Locals<'l, 'a> = &'l dyn Fn(&str) -> Option<Rc<Node<'a>>>;

/// All that mappings may turn out to be, if they are computed from maps that are known.
pub(super) fn alternatives<'a>(node: &Rc<Node<'a>>, locals: Locals<'_, 'a>) -> Option<Vec<Parts<'a>>> {
    Finder { locals, left: MOST * MOST }.find(node)
}

struct Finder<'l, 'a> {
    locals: Locals<'l, 'a>,
    /// How many nodes may still be read: locals may lead back.
    left: usize,
}

impl<'a> Finder<'_, 'a> {
    fn find(&mut self, node: &Rc<Node<'a>>) -> Option<Vec<Parts<'a>>> {
        self.left = self.left.checked_sub(1)?;
        let node = match &node.value {
            Value::Alias(target) => target,
            _ => node,
        };
        if let Some(branches) = branches(node) {
            return self.any(branches);
        }
        match &node.value {
            Value::Scalar(_) if is_nothing(node) => Some(vec![Vec::new()]),
            Value::Mapping(_) if is_no_value(node) => Some(vec![Vec::new()]),
            Value::Mapping(mapping) if node.tag.is_none() => {
                let is_function = |key: &str| key.starts_with("Fn::") || key == "Ref";
                let keys = mapping.entries.iter().filter_map(|entry| entry.key.text());
                (!keys.into_iter().any(is_function)).then(|| vec![vec![Rc::clone(node)]])
            }
            Value::Choice(branches) => self.any(branches),
            Value::Local(name) => self.find(&(self.locals)(name)?),
            Value::Call(call) if call.0 == "merge" => self.merged(&call.1),
            _ => None,
        }
    }

    fn any(&mut self, branches: &[Rc<Node<'a>>]) -> Option<Vec<Parts<'a>>> {
        let mut all = Vec::new();
        for branch in branches {
            all.extend(self.find(branch)?);
        }
        (all.len() <= MOST).then_some(all)
    }

    fn merged(&mut self, arguments: &[Rc<Node<'a>>]) -> Option<Vec<Parts<'a>>> {
        let mut all = vec![Vec::new()];
        for argument in arguments {
            let own = self.find(argument)?;
            let pairs = all.iter().flat_map(|before| own.iter().map(move |parts| [before.as_slice(), parts].concat()));
            all = pairs.collect();
            if all.len() > MOST {
                return None;
            }
        }
        Some(all)
    }
}

/// The two branches of CloudFormation's `Fn::If`.
fn branches<'n, 'a>(node: &'n Rc<Node<'a>>) -> Option<&'n [Rc<Node<'a>>]> {
    let list = match node.tag.as_deref() {
        Some("!If") => node,
        Some(_) => return None,
        None => node.get("Fn::If").filter(|_| node.entries().count() == 1)?,
    };
    list.items().and_then(|items| items.get(1..3)).filter(|branches| branches.len() == 2)
}

/// `null`, and `!Ref AWS::NoValue`.
fn is_nothing(node: &Node<'_>) -> bool {
    match node.tag.as_deref() {
        Some("!Ref") => node.scalar() == Some("AWS::NoValue"),
        Some(_) => false,
        None => node.says_null(),
    }
}

fn is_no_value(node: &Node<'_>) -> bool {
    node.get("Ref").is_some_and(|name| name.text() == Some("AWS::NoValue"))
}
