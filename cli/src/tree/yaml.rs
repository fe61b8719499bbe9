//! YAML, by its events.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag};

use super::node::{Entry, Malformed, Mapping, Node, Shape, Value};

/// Parses every document of a stream. Positions in it count from `base`.
pub(crate) fn parse(text: &str, base: usize) -> Result<Vec<Rc<Node<'_>>>, Malformed> {
    // Comments are looked for in the text, and only where they matter.
    let options = granit_parser::options! { emit_comments: false };
    let mut builder = Builder { text, base, ..Builder::default() };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| Malformed {
            line: error.marker().line(),
            column: error.marker().col() + 1,
            reason: error.info(),
        })?;
        builder.take(event, span);
    }
    Ok(builder.roots)
}

#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    base: usize,
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Rc<Node<'a>>>,
    roots: Vec<Rc<Node<'a>>>,
}

/// A collection whose end hasn't come yet.
struct Open<'a> {
    start: usize,
    tag: Option<Box<str>>,
    anchor: usize,
    shape: Shape,
    is_sequence: bool,
    children: Vec<Rc<Node<'a>>>,
}

impl<'a> Builder<'a> {
    fn take(&mut self, event: Event<'a>, span: Span) {
        let range = self.range(&span);
        match event {
            Event::Alias(id) => {
                let value = self.anchors.get(&id).map_or(Value::Recursive, |target| Value::Alias(Rc::clone(target)));
                self.add(Node::new(range, value), 0);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_empty = style == ScalarStyle::Plain && span.byte_range().is_some_and(|bytes| bytes.is_empty());
                let value = if is_empty { Value::Empty } else { Value::Scalar(text) };
                let range = match style {
                    ScalarStyle::Literal => self.block(range, '|'),
                    ScalarStyle::Folded => self.block(range, '>'),
                    _ => range,
                };
                let mut node = Node::new(range, value);
                node.tag = custom(tag);
                self.add(node, anchor);
            }
            Event::SequenceStart(style, anchor, tag) => self.open(range.start, tag, anchor, style, true),
            Event::MappingStart(style, anchor, tag) => self.open(range.start, tag, anchor, style, false),
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            _ => {}
        }
    }

    /// From the tag, if there is one, to the end.
    fn range(&self, span: &Span) -> Range<usize> {
        let bytes = span.byte_range().unwrap_or_default();
        let start = span.tag_span().and_then(|tag| tag.byte_range()).map_or(bytes.start, |tag| tag.start);
        start + self.base..bytes.end + self.base
    }

    /// The range of a block scalar from its header on, and without empty lines behind it that mean nothing.
    fn block(&self, range: Range<usize>, mark: char) -> Range<usize> {
        let text =
            |range: Range<usize>| self.text.get(range.start - self.base..range.end - self.base).unwrap_or_default();
        let before = text(self.base..range.start).trim_end();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let header = before.get(line..).and_then(|header| header.split('#').next()).unwrap_or_default();
        let start = match header.rfind(mark) {
            Some(at) => (line + at + self.base).min(range.start),
            // It has a tag, with which the range begins already.
            None => range.start,
        };
        let content = text(range.clone());
        let end = range.start + content.trim_end().len();
        let ends_line = content.get(content.trim_end().len()..).and_then(|rest| rest.find('\n'));
        match ends_line {
            Some(at) if !header.contains('+') => start..end + at + 1,
            _ => start..range.end,
        }
    }

    fn open(
        &mut self,
        start: usize,
        tag: Option<Cow<'a, Tag>>,
        anchor: usize,
        style: StructureStyle,
        is_sequence: bool,
    ) {
        let shape = match style {
            StructureStyle::Flow => Shape::YamlFlow,
            StructureStyle::Block => Shape::YamlBlock,
        };
        self.open.push(Open { start, tag: custom(tag), anchor, shape, is_sequence, children: Vec::new() });
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let value = match open.is_sequence {
            true => Value::Sequence(open.children, open.shape == Shape::YamlFlow),
            false => Value::Mapping(Mapping { entries: entries(open.children), shape: open.shape }),
        };
        let mut node = Node::new(open.start..end, value);
        node.tag = open.tag;
        self.add(node, open.anchor);
    }

    fn add(&mut self, node: Node<'a>, anchor: usize) {
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.roots.push(node),
        }
    }
}

/// Keys and values come in turn.
fn entries(children: Vec<Rc<Node<'_>>>) -> Vec<Entry<'_>> {
    let mut entries = Vec::with_capacity(children.len() / 2);
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        entries.push(Entry { key, value });
    }
    entries
}

/// Tags of YAML's own, such as `!!str`, change nothing here.
fn custom(tag: Option<Cow<'_, Tag>>) -> Option<Box<str>> {
    tag.filter(|tag| tag.is_custom()).map(|tag| tag.original().into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::super::node::Value;
    use super::parse;

    #[test]
    fn positions_are_those_of_the_text() {
        let text = "a: &x\n  b: !Sub 'é${c}'\n  d: {e: [1, 2] }\nf: *x\ng:\nh: |\n  text\n\n";
        let roots = parse(text, 0).unwrap();
        let root = &roots[0];
        let at = |keys: &[&str]| &text[root.at(keys).unwrap().range()];
        assert_eq!(at(&["a", "b"]), "!Sub 'é${c}'");
        assert_eq!(at(&["a", "d"]), "{e: [1, 2] }");
        assert_eq!(at(&["f", "d", "e"]), "[1, 2]");
        assert_eq!(at(&["f"]), "*x");
        assert!(matches!(root.get("g").unwrap().value, Value::Empty));
        assert_eq!(&text[..root.get("a").unwrap().written_end()], "a: &x\n  b: !Sub 'é${c}'\n  d: {e: [1, 2] }");
        assert_eq!(root.get("a").unwrap().start(), text.find("b:").unwrap());
        assert_eq!(&text[root.get("h").unwrap().range()], "|\n  text\n");
        let keep = parse("k: |+ # | x\n  t\n\n\nl: !Sub >-\n  u\n", 0).unwrap();
        assert_eq!(keep[0].get("k").unwrap().range(), 3..18);
        assert_eq!(keep[0].get("l").unwrap().range(), 21..33);
        assert_eq!(root.start(), 0);
    }

    #[test]
    fn merged_keys_are_found_behind_own_ones() {
        let roots = parse("base: &b {x: 1, y: 2}\nmore: &m {z: 3}\nown: {<<: [*b, *m], x: 0}", 0).unwrap();
        let own = roots[0].get("own").unwrap();
        let values = ["x", "y", "z", "n"].map(|key| own.get(key).and_then(|value| value.text()));
        assert_eq!(values, [Some("0"), Some("2"), Some("3"), None]);
    }

    #[test]
    fn merges_of_merges_are_followed_once() {
        let mut text = String::from("l0: &l0 {x: 1}\n");
        for level in 1..60 {
            text += &format!("l{level}: &l{level} {{<<: [*l{0}, *l{0}]}}\n", level - 1);
        }
        let roots = parse(&text, 0).unwrap();
        let last = roots[0].get("l59").unwrap();
        assert_eq!(last.get("x").and_then(|value| value.text()), Some("1"));
        assert!(last.get("y").is_none());
    }

    #[test]
    fn what_is_malformed_has_its_place() {
        for (text, line) in [("a: [1\nb: 2", 2), ("a:\n\tb: 1", 2), ("a: 1\n  b: 2\n", 2), ("a: *x", 1)] {
            assert_eq!(parse(text, 0).unwrap_err().line, line, "{text}");
        }
    }
}
