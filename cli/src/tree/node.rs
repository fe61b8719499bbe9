//! Nodes, and how to find one by its key.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

/// Why a text can't be parsed. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) reason: String,
}

/// A value and its place, of 32 bits each: a template of 10,000 methods has some 500,000 nodes.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    start: u32,
    end: u32,
    /// A tag of YAML that isn't one of its core schema, such as `!Sub`.
    pub(crate) tag: Option<Box<str>>,
    pub(crate) value: Value<'a>,
}

#[derive(Debug)]
pub(crate) enum Value<'a> {
    /// A string, or anything else that is written as one word.
    Scalar(Cow<'a, str>),
    /// No text at all behind a key.
    Empty,
    /// With whether it has brackets.
    Sequence(Vec<Rc<Node<'a>>>, bool),
    Mapping(Mapping<'a>),
    Alias(Rc<Node<'a>>),
    /// An alias of what it is a part of.
    Recursive,
    /// A quoted string of HCL with interpolations.
    Template(Vec<Piece>),
    /// The text of a heredoc of HCL, as far as its range goes, and the definition of an API that it may be.
    Heredoc(Option<Rc<Node<'a>>>),
    /// A call of a function of HCL.
    Call(Box<(String, Vec<Rc<Node<'a>>>)>),
    /// The two values of a conditional expression of HCL.
    Choice(Vec<Rc<Node<'a>>>),
    /// `local.NAME`.
    Local(Box<str>),
    /// Any other expression of HCL.
    Expression,
}

/// A part of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// What is only known once the template is deployed, as a reader would name it.
    Computed(String),
}

#[derive(Debug)]
pub(crate) struct Mapping<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) shape: Shape,
}

#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Rc<Node<'a>>,
    pub(crate) value: Rc<Node<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(usize);

/// How a mapping is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    YamlBlock,
    YamlFlow,
    Json,
    HclBody,
    HclObject,
}

impl<'a> Node<'a> {
    /// A text of 4 GiB and more isn't read in the first place, so positions fit.
    pub(crate) fn new(range: Range<usize>, value: Value<'a>) -> Self {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(range.start), end: narrow(range.end), tag: None, value }
    }

    /// Where the value stands, its tag included.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn start(&self) -> usize {
        self.start as usize
    }

    /// What tells this node from all others of its tree, even those at the same place.
    pub(crate) fn id(&self) -> NodeId {
        NodeId(std::ptr::from_ref(self).addr())
    }

    /// Where the last thing that is written of it ends: a block of YAML ends with its last value.
    pub(crate) fn written_end(&self) -> usize {
        match &self.value {
            Value::Mapping(mapping) if mapping.shape == Shape::YamlBlock => {
                mapping.entries.last().map_or(self.end as usize, Entry::written_end)
            }
            Value::Sequence(items, false) => items.last().map_or(self.end as usize, |last| last.written_end()),
            _ => self.end as usize,
        }
    }

    /// What an alias stands for, and any other node itself.
    pub(crate) fn resolved(&self) -> &Self {
        match &self.value {
            Value::Alias(target) => target,
            _ => self,
        }
    }

    pub(crate) fn mapping(&self) -> Option<&Mapping<'a>> {
        match &self.resolved().value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> Option<&[Rc<Node<'a>>]> {
        match &self.resolved().value {
            Value::Sequence(items, _) => Some(items),
            _ => None,
        }
    }

    /// A string that is known as it stands. One with a tag isn't.
    pub(crate) fn text(&self) -> Option<&str> {
        match self.resolved() {
            Node { tag: None, value: Value::Scalar(text), .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it is the word for no value.
    pub(crate) fn says_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(_)) && matches!(self.text(), Some("null" | "Null" | "NULL" | "~"))
    }

    /// A string, whatever tag it has.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.resolved().value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key, that of a merged mapping (`<<`) if there is no other.
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Node<'a>>> {
        self.entries().find(|entry| entry.key.text() == Some(key)).map(|entry| &entry.value)
    }

    /// The value behind several keys, each in the value of the one before.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key).map(Rc::as_ref))
    }

    /// The entries of a mapping, and then those of the mappings that are merged into it.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.shaped_entries().map(|(_, entry)| entry)
    }

    /// The same, with how the mapping is written that each is in.
    pub(crate) fn shaped_entries(&self) -> impl Iterator<Item = (Shape, &Entry<'a>)> {
        let mut nodes = Vec::new();
        collect_merged(self, &mut nodes);
        nodes.into_iter().filter_map(Node::mapping).flat_map(|mapping| {
            let entries = mapping.entries.iter().filter(|entry| !mapping.is_merge(entry));
            entries.map(|entry| (mapping.shape, entry))
        })
    }

    /// The mapping, and those that are merged into it.
    pub(crate) fn merged(&self) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        collect_merged(self, &mut nodes);
        nodes.into_iter().map(Self::id).collect()
    }
}

impl Mapping<'_> {
    /// Whether an entry merges other mappings into this one. JSON and HCL have no such entries.
    fn is_merge(&self, entry: &Entry<'_>) -> bool {
        matches!(self.shape, Shape::YamlBlock | Shape::YamlFlow) && entry.key.text() == Some("<<")
    }
}

impl Entry<'_> {
    pub(crate) fn written_end(&self) -> usize {
        match self.value.value {
            // The range of what isn't there may be anywhere up to the next key.
            Value::Empty if self.value.tag.is_none() => self.key.range().end,
            _ => self.value.written_end(),
        }
    }
}

/// Each mapping once, however many ways lead to it: merges of merges would otherwise be followed exponentially often.
fn collect_merged<'n, 'a>(node: &'n Node<'a>, found: &mut Vec<&'n Node<'a>>) {
    let node = node.resolved();
    let Some(mapping) = node.mapping() else { return };
    if found.iter().any(|known| std::ptr::eq(*known, node)) {
        return;
    }
    found.push(node);
    for merge in mapping.entries.iter().filter(|entry| mapping.is_merge(entry)) {
        match merge.value.items() {
            Some(items) => items.iter().for_each(|item| collect_merged(item, found)),
            None => collect_merged(&merge.value, found),
        }
    }
}
