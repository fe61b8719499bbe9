//! Compares a document before and after: whatever differs must be what was meant to.

use std::collections::HashMap;
use std::rc::Rc;

use crate::change::{Change, Pair, Planned, Written};
use crate::dialect::{display, Dialect};
use crate::document::{Document, Parsed};
use crate::edit::{apply, NewText, Splice};
use crate::find::Kind;
use crate::text::Text;
use crate::tree::{parse_hcl, Entry, Mapping, Node, NodeId, Value};

/// Whether the new text is the old one with the changes, and nothing else.
pub(crate) fn is_as_meant(document: &Document, parsed: &Parsed<'_>, new: &NewText, changes: &[Planned<'_>]) -> bool {
    let expected = Expected::new(changes);
    let before = &document.text;
    match parsed.kind {
        Kind::Terraform => parsed.roots.iter().all(|root| blocks_are_as_meant(root, before, new, &expected)),
        _ => document.reparse(&new.text).is_ok_and(|after| {
            let comparison = Comparison { before, after: &new.text, expected: &expected };
            let mut pairs = parsed.roots.iter().zip(&after);
            parsed.roots.len() == after.len() && pairs.all(|(root, after)| comparison.same(root, after))
        }),
    }
}

/// Parses each block again that has changed. The parser's own tree of a whole file is some 20 times its size.
fn blocks_are_as_meant(root: &Node<'_>, before: &Text, new: &NewText, expected: &Expected<'_>) -> bool {
    let mut splices = new.splices.as_slice();
    for block in root.mapping().into_iter().flat_map(|mapping| &mapping.entries) {
        let range = block.key.start()..block.value.range().end;
        let count = splices.partition_point(|splice| splice.range.end <= range.end);
        let (own, rest) = splices.split_at(count);
        splices = rest;
        let shifted = own.iter().map(|Splice { range: at, text }| {
            let at = at.start.checked_sub(range.start)?..at.end.checked_sub(range.start)?;
            Some(Splice { range: at, text: text.clone() })
        });
        let Some(mut shifted) = shifted.collect::<Option<Vec<_>>>().filter(|own| !own.is_empty()) else {
            match own.is_empty() {
                true => continue,
                // It is between two blocks.
                false => return false,
            }
        };
        let Some(after) = apply(before.slice(range), &mut shifted) else { return false };
        let after = Text::new(after);
        let parsed = parse_hcl(after.as_str(), 0).unwrap_or_default();
        let comparison = Comparison { before, after: &after, expected };
        let entries = parsed.first().and_then(|root| root.mapping()).map(|mapping| mapping.entries.as_slice());
        let Some([only]) = entries else { return false };
        if !comparison.same_entry(block, only) {
            return false;
        }
    }
    splices.is_empty()
}

/// An entry, and how its value is read.
type Added<'c> = (&'c Dialect, &'c Pair);

/// What is expected to differ.
#[derive(Debug, Default)]
struct Expected<'c> {
    /// By the mapping: the entries at its end.
    added: HashMap<NodeId, Vec<Added<'c>>>,
    /// By the key: the key and value in its place.
    replaced: HashMap<NodeId, (&'c Dialect, &'c str, Replacement<'c>)>,
}

#[derive(Debug, Clone, Copy)]
enum Replacement<'c> {
    Value(&'c Written),
    Entries(&'c [Pair]),
}

impl<'c> Expected<'c> {
    fn new(changes: &'c [Planned<'_>]) -> Self {
        let mut expected = Self::default();
        for (dialect, change) in changes {
            let dialect = dialect.as_ref();
            match change {
                Change::Add { to, entries } => {
                    let added = entries.iter().map(|entry| (dialect, entry));
                    expected.added.entry(to.id()).or_default().extend(added);
                }
                Change::Fill { key, entries, .. } => {
                    let name = key.text().unwrap_or_default();
                    expected.replaced.insert(key.id(), (dialect, name, Replacement::Entries(entries)));
                }
                Change::Replace { site, new_key, new_value } => {
                    let value = Replacement::Value(new_value);
                    expected.replaced.insert(site.key.id(), (dialect, new_key, value));
                }
            }
        }
        expected
    }
}

/// The two texts, and how their values are read.
struct Comparison<'c> {
    before: &'c Text,
    after: &'c Text,
    expected: &'c Expected<'c>,
}

impl Comparison<'_> {
    /// Whether a node is the same but for what is expected.
    fn same(&self, before: &Node<'_>, after: &Node<'_>) -> bool {
        if before.tag != after.tag {
            return false;
        }
        match (&before.value, &after.value) {
            (Value::Scalar(before), Value::Scalar(after)) => before == after,
            (Value::Template(before), Value::Template(after)) => before == after,
            (Value::Sequence(before, _), Value::Sequence(after, _)) => self.all_same(before, after),
            (Value::Call(before), Value::Call(after)) => before.0 == after.0 && self.all_same(&before.1, &after.1),
            (Value::Mapping(mapping), Value::Mapping(after)) => self.same_mapping(before.id(), mapping, after),
            (Value::Heredoc(Some(before)), Value::Heredoc(Some(after))) => self.same(before, after),
            (Value::Empty, Value::Empty) | (Value::Recursive, Value::Recursive) => true,
            // A value that is replaced where its anchor stands would change here as well.
            (Value::Alias(target), Value::Alias(other)) if target.scalar() != other.scalar() => false,
            // Names of anchors, and expressions.
            (Value::Alias(_), Value::Alias(_))
            | (Value::Choice(_), Value::Choice(_))
            | (Value::Local(_), Value::Local(_))
            | (Value::Expression, Value::Expression)
            | (Value::Heredoc(None), Value::Heredoc(None)) => {
                self.before.slice(before.range()) == self.after.slice(after.range())
            }
            _ => false,
        }
    }

    fn all_same<'a, 'b>(&self, before: &[Rc<Node<'a>>], after: &[Rc<Node<'b>>]) -> bool {
        before.len() == after.len() && before.iter().zip(after).all(|(before, after)| self.same(before, after))
    }

    fn same_mapping(&self, id: NodeId, before: &Mapping<'_>, after: &Mapping<'_>) -> bool {
        let added = self.expected.added.get(&id).map(Vec::as_slice).unwrap_or_default();
        let (Some(kept), Some(new)) =
            (after.entries.get(..before.entries.len()), after.entries.get(before.entries.len()..))
        else {
            return false;
        };
        new.len() == added.len()
            && before.entries.iter().zip(kept).all(|(before, after)| self.same_entry(before, after))
            && new.iter().zip(added).all(|(entry, (dialect, (key, value)))| self.is(entry, key, value, dialect))
    }

    /// The same for a key and its value.
    fn same_entry(&self, before: &Entry<'_>, after: &Entry<'_>) -> bool {
        match self.expected.replaced.get(&before.key.id()) {
            Some((dialect, key, Replacement::Value(value))) => self.is(after, key, value, dialect),
            Some((dialect, key, Replacement::Entries(entries))) => {
                after.key.text() == Some(key) && self.is_map(&after.value, entries, dialect)
            }
            None => self.same(&before.key, &after.key) && self.same(&before.value, &after.value),
        }
    }

    fn is(&self, entry: &Entry<'_>, key: &str, value: &Written, dialect: &Dialect) -> bool {
        entry.key.text() == Some(key) && self.is_value(&entry.value, value, dialect)
    }

    fn is_value(&self, node: &Node<'_>, value: &Written, dialect: &Dialect) -> bool {
        let pieces = dialect.pieces(node, self.after);
        let is_known = crate::dialect::known(&pieces).is_some();
        let shown = display(&pieces);
        match value {
            Written::Map(entries) => self.is_map(node, entries, dialect),
            Written::Text(text) => is_known && shown == *text,
            Written::Bool(value) => is_known && shown == value.to_string(),
            Written::Join(parts) => is_known && shown == parts.concat(),
            Written::Sub(text) => !is_known && shown == *text,
            Written::Ref(name) => !is_known && shown == format!("${{{name}}}"),
            // To the Serverless Framework's own reading, all of it is text.
            Written::Template(text) => shown == *text,
        }
    }

    fn is_map(&self, node: &Node<'_>, entries: &[Pair], dialect: &Dialect) -> bool {
        let Value::Mapping(mapping) = &node.value else { return false };
        mapping.entries.len() == entries.len()
            && mapping.entries.iter().zip(entries).all(|(entry, (key, value))| self.is(entry, key, value, dialect))
    }
}
