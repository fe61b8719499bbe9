//! Where in a text changes go, and how the text around them is written.

use std::rc::Rc;

use super::align::Aligned;
use super::render::Writing;
use super::scalar::Quote;
use super::splice::Splice;
use crate::change::{Change, Pair};
use crate::dialect::{Dialect, Functions};
use crate::text::Text;
use crate::tree::{Mapping, Node, Shape, Value};

/// The splices that make a change.
///
/// # Errors
///
/// Says what about the text isn't understood.
pub(crate) fn splices(
    change: &Change<'_>,
    dialect: &Dialect,
    root: &Node<'_>,
    text: &Text,
) -> Result<Vec<Splice>, String> {
    let editor = Editor { dialect, root, text };
    match change {
        Change::Add { to, entries } => editor.add(to, entries),
        Change::Fill { key, within, entries } => Ok(vec![editor.fill(key, within, entries)?]),
        Change::Replace { site, new_key, new_value } => editor.replace(site, new_key, new_value),
    }
}

pub(super) struct Editor<'e> {
    dialect: &'e Dialect,
    root: &'e Node<'e>,
    pub(super) text: &'e Text,
}

impl Editor<'_> {
    fn add(&self, to: &Rc<Node<'_>>, entries: &[Pair]) -> Result<Vec<Splice>, String> {
        let mapping = to.mapping().ok_or("it isn't a mapping")?;
        let writing = self.writing(to, mapping);
        Ok(vec![match (mapping.shape, mapping.entries.last()) {
            (Shape::HclBody, _) => self.add_to_body(to, &writing, entries)?,
            (Shape::YamlBlock, Some(last)) => self.add_lines(last.written_end(), &writing, entries),
            (Shape::HclObject, Some(last)) => {
                let aligned = writing.indent.as_deref().map(|indent| Aligned::of(mapping, indent, self.text));
                let (width, mut splices) = aligned.unwrap_or_default().widen(writing.widest(entries));
                let writing = Writing { width, ..writing };
                splices.push(self.add_to_object(last.written_end(), &writing, entries));
                return Ok(splices);
            }
            (_, Some(last)) => {
                let text = match &writing.indent {
                    Some(_) => writing.separator() + &writing.entries(entries),
                    None => writing.comma.to_owned() + &writing.entries(entries),
                };
                Splice::insert(last.written_end(), text)
            }
            (_, None) => self.add_to_empty(to, writing, entries)?,
        }])
    }

    /// Lines below the one that ends at or behind `end`, with any comment that follows on it.
    fn add_lines(&self, end: usize, writing: &Writing, entries: &[Pair]) -> Splice {
        let indent = writing.indent.as_deref().unwrap_or_default();
        let (entries, newline) = (writing.entries(entries), writing.newline);
        // A block scalar ends at the beginning of a line.
        match self.text.before_on_line(end).is_empty() {
            true => Splice::insert(end, format!("{indent}{entries}{newline}")),
            false => Splice::insert(self.text.line_end(end), format!("{newline}{indent}{entries}")),
        }
    }

    fn add_to_body(&self, to: &Node<'_>, writing: &Writing, entries: &[Pair]) -> Result<Splice, String> {
        let brace = to.range().end.saturating_sub(1);
        if self.text.slice(brace..brace + 1) != "}" || !self.text.before_on_line(brace).trim().is_empty() {
            return Err("the block isn't closed on a line of its own".to_owned());
        }
        let at = self.text.line_start(self.text.line(brace));
        let indent = writing.indent.as_deref().unwrap_or_default();
        Ok(Splice::insert(at, format!("{indent}{}{}", writing.entries(entries), writing.newline)))
    }

    /// Objects of HCL have commas or newlines between their entries.
    fn add_to_object(&self, end: usize, writing: &Writing, entries: &[Pair]) -> Splice {
        let rest = self.text.slice(end..self.text.line_end(end));
        let comma = rest.trim_start().starts_with(',');
        match &writing.indent {
            None if comma => {
                Splice::insert(end + 1 + rest.len() - rest.trim_start().len(), format!(" {}", writing.entries(entries)))
            }
            None => Splice::insert(end, writing.comma.to_owned() + &writing.entries(entries)),
            Some(indent) => {
                let behind = rest.trim_start().trim_start_matches(',').trim_start();
                // The closing brace may be on the line of the last entry.
                let at = match behind.is_empty() || behind.starts_with('#') || behind.starts_with("//") {
                    true => self.text.line_end(end),
                    false => end,
                };
                Splice::insert(at, format!("{}{indent}{}", writing.newline, writing.entries(entries)))
            }
        }
    }

    fn add_to_empty(&self, to: &Node<'_>, writing: Writing, entries: &[Pair]) -> Result<Splice, String> {
        let range = to.range();
        if !self.text.slice(range.clone()).starts_with('{') {
            return Err("the mappings have no braces".to_owned());
        }
        let inside = self.text.slice(range.start + 1..range.end.saturating_sub(1));
        if inside.trim().is_empty() {
            return Ok(Splice { range, text: writing.map(entries) });
        }
        // Below a comment, if the brace isn't in it.
        let brace = range.end.saturating_sub(1);
        if writing.indent.is_none() || !self.text.before_on_line(brace).trim().is_empty() {
            return Err("the mappings hold only a comment".to_owned());
        }
        let step = writing.step.clone();
        let indent = writing.indent.map(|indent| indent + &step);
        let text = Writing { indent, ..writing };
        let lines = format!("{}{}", text.indent.as_deref().unwrap_or_default(), text.entries(entries));
        Ok(Splice::insert(self.text.line_start(self.text.line(brace)), lines + text.newline))
    }

    fn fill(&self, key: &Node<'_>, within: &Node<'_>, entries: &[Pair]) -> Result<Splice, String> {
        let mapping = within.mapping().ok_or("it isn't a mapping")?;
        let entry = mapping.entries.iter().find(|entry| entry.key.id() == key.id());
        let value = &entry.ok_or("the mappings are merged from elsewhere")?.value;
        let mut writing = self.writing(within, mapping);
        let is_block = mapping.shape == Shape::YamlBlock;
        match &value.value {
            Value::Empty if !is_block => Err("the mappings have no value".to_owned()),
            Value::Empty => {
                writing.indent = writing.indent.map(|indent| indent + &writing.step);
                Ok(self.add_lines(key.range().end, &writing, entries))
            }
            _ if is_block => {
                writing.indent = writing.indent.map(|indent| indent + &writing.step);
                let lines = writing.newline.to_owned() + writing.indent.as_deref().unwrap_or_default();
                Ok(Splice {
                    range: self.behind_colon(key)?..value.range().end,
                    text: lines + &writing.entries(entries),
                })
            }
            _ => Ok(Splice { range: value.range(), text: writing.map(entries) }),
        }
    }

    /// How the entries of a mapping are written.
    fn writing(&self, node: &Node<'_>, mapping: &Mapping<'_>) -> Writing {
        let base = self.base(mapping.shape);
        let Some(first) = mapping.entries.first() else {
            return Writing { indent: self.indent_of_line(node.start()), ..base };
        };
        let before = self.text.before_on_line(first.key.start());
        let indent = match mapping.shape {
            // An explicit key (`? key`) stands behind a mark, which is where the entry begins.
            Shape::YamlBlock => {
                let entry = before.trim_end().strip_suffix('?').unwrap_or(before);
                Some(entry.chars().map(|_| ' ').collect())
            }
            Shape::HclBody => Some(before.to_owned()),
            // The first may be on the line of the brace.
            _ => {
                let before = mapping.entries.iter().rev().map(|entry| self.text.before_on_line(entry.key.start()));
                before
                    .map(|before| before.trim_end_matches('('))
                    .find(|before| before.trim().is_empty())
                    .map(str::to_owned)
            }
        };
        let between = self.text.slice(first.key.range().end..first.value.start());
        let colon = match (mapping.shape, between.contains(char::is_whitespace)) {
            (Shape::HclObject, _) if between.trim() == ":" => " : ".to_owned(),
            (Shape::Json, false) => ":".to_owned(),
            _ => base.colon.clone(),
        };
        let comma = match mapping.entries.get(1) {
            Some(second) if mapping.shape == Shape::Json => {
                let between = self.text.slice(first.written_end()..second.key.start());
                if between == "," {
                    ","
                } else {
                    ", "
                }
            }
            _ if colon == ":" => ",",
            _ => base.comma,
        };
        let keys = Quote::of(self.text.slice(first.key.range()));
        let values = mapping.entries.iter().find(|entry| entry.value.text().is_some());
        let values = values.map_or(keys, |entry| Quote::of(self.text.slice(entry.value.range())));
        let step = mapping.entries.iter().find_map(|entry| self.step(&indent, &entry.value));
        Writing { indent, colon, comma, keys, values, step: step.unwrap_or(base.step), ..base }
    }

    pub(super) fn base(&self, shape: Shape) -> Writing {
        let functions = self.dialect.functions == Functions::Short;
        let writing = Writing::new(shape, self.dialect.terraform_template, functions);
        let root = self.root.mapping().map(|mapping| mapping.entries.as_slice()).unwrap_or_default();
        // The keys of a document of JSON are indented themselves, by a step.
        let outer = root.first().map_or("", |first| self.text.before_on_line(first.key.start()));
        let outer = Some(outer).filter(|outer| outer.trim().is_empty()).unwrap_or_default().to_owned();
        let step = root.iter().find_map(|entry| self.step(&Some(outer.clone()), &entry.value));
        let step = step.or(Some(outer).filter(|outer| !outer.is_empty())).unwrap_or_else(|| writing.step.clone());
        Writing { indent: None, step, newline: self.text.newline(), ..writing }
    }

    /// What a mapping inside another one is indented by.
    fn step(&self, outer: &Option<String>, inner: &Node<'_>) -> Option<String> {
        let Value::Mapping(mapping) = &inner.value else { return None };
        let before = self.text.before_on_line(mapping.entries.first()?.key.start());
        let step = before.strip_prefix(outer.as_deref()?)?;
        (!step.is_empty() && step.trim().is_empty()).then(|| step.to_owned())
    }

    /// The white space that the line of a byte begins with. `None` if the text has no other line.
    fn indent_of_line(&self, at: usize) -> Option<String> {
        let line = self.text.before_on_line(at);
        let indent = line.len() - line.trim_start().len();
        (self.text.lines() > 2).then(|| line.get(..indent).unwrap_or_default().to_owned())
    }
}
