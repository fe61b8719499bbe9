//! Entries of a mapping in the syntax of its document, in the way in which it is written already.

use super::scalar::{string, template, Quote};
use crate::change::{Pair, Written};
use crate::tree::Shape;

const STEP: &str = "  ";

/// How entries are written.
#[derive(Debug, Clone)]
pub(crate) struct Writing {
    pub(crate) shape: Shape,
    /// The white space before each entry, if it has a line of its own.
    pub(crate) indent: Option<String>,
    /// What a level of indentation adds.
    pub(crate) step: String,
    pub(crate) newline: &'static str,
    /// Between a key and its value.
    pub(crate) colon: String,
    /// What the keys of an object of HCL are at least as wide as.
    pub(crate) width: usize,
    /// Between entries, where they are separated by commas.
    pub(crate) comma: &'static str,
    pub(crate) keys: Quote,
    pub(crate) values: Quote,
    /// Terraform reads the text as a template.
    pub(crate) escape: bool,
    /// CloudFormation's `!Sub` and the like may be used.
    pub(crate) short_functions: bool,
}

impl Writing {
    /// As it is written where there is nothing to follow.
    pub(crate) fn new(shape: Shape, escape: bool, short_functions: bool) -> Self {
        Self {
            shape,
            indent: Some(String::new()),
            step: STEP.to_owned(),
            newline: "\n",
            colon: match shape {
                Shape::HclBody | Shape::HclObject => " = ".to_owned(),
                _ => ": ".to_owned(),
            },
            width: 0,
            comma: ", ",
            keys: Quote::Plain,
            values: Quote::Plain,
            escape,
            short_functions,
        }
    }

    /// Entries with what separates them: nothing before the first, and nothing behind the last.
    pub(crate) fn entries(&self, entries: &[Pair]) -> String {
        let aligned = Self { width: self.width.max(self.widest(entries)), ..self.clone() };
        let entries: Vec<_> = entries.iter().map(|(key, value)| aligned.entry(key, value)).collect();
        entries.join(&self.separator())
    }

    /// The width of the keys that `terraform fmt` aligns: those with a line each in an object.
    pub(crate) fn widest(&self, entries: &[Pair]) -> usize {
        if self.shape != Shape::HclObject || self.indent.is_none() || self.colon != " = " {
            return 0;
        }
        let keys = entries.iter().filter(|(_, value)| !matches!(value, Written::Map(_)));
        keys.map(|(key, _)| self.key(key).chars().count()).max().unwrap_or_default()
    }

    /// Between two entries.
    pub(crate) fn separator(&self) -> String {
        match (&self.indent, self.shape) {
            (Some(indent), Shape::YamlBlock | Shape::HclBody | Shape::HclObject) => format!("{}{indent}", self.newline),
            (Some(indent), _) => format!(",{}{indent}", self.newline),
            (None, _) => self.comma.to_owned(),
        }
    }

    fn entry(&self, key: &str, value: &Written) -> String {
        let key = self.key(key);
        match value {
            Written::Map(entries) if self.shape == Shape::YamlBlock => {
                let inner = self.deeper();
                format!(
                    "{key}:{}{}{}",
                    self.newline,
                    inner.indent.as_deref().unwrap_or_default(),
                    inner.entries(entries)
                )
            }
            Written::Map(_) => format!("{key}{}{}", self.colon, self.value(value)),
            _ => format!("{key:width$}{}{}", self.colon, self.value(value), width = self.width),
        }
    }

    pub(crate) fn key(&self, key: &str) -> String {
        let word = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match self.shape {
            Shape::HclBody => key.to_owned(),
            Shape::HclObject if word && self.keys == Quote::Plain => key.to_owned(),
            _ => string(key, self.shape, self.keys, false),
        }
    }

    pub(crate) fn value(&self, value: &Written) -> String {
        let text = |text: &str| string(text, self.shape, self.values, self.escape);
        let argument = |text: &str| match (self.shape, self.short_functions) {
            // The long form has braces.
            (Shape::YamlBlock, false) => string(text, Shape::YamlFlow, self.values, self.escape),
            _ => string(text, self.shape, self.values, self.escape),
        };
        match value {
            Written::Text(value) => text(value),
            Written::Bool(value) => value.to_string(),
            Written::Template(value) => template(value, self.shape, self.values),
            Written::Sub(value) => self.function("Sub", "Fn::Sub", &argument(value)),
            Written::Ref(value) => self.function("Ref", "Ref", &argument(value)),
            Written::Join(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| string(part, Shape::Json, Quote::Double, false)).collect();
                self.function("Join", "Fn::Join", &format!("[\"\", [{}]]", parts.join(", ")))
            }
            Written::Map(entries) => self.map(entries),
        }
    }

    fn function(&self, short: &str, long: &str, argument: &str) -> String {
        match self.shape {
            Shape::Json => format!("{{\"{long}\"{}{argument}}}", self.colon),
            _ if self.short_functions => format!("!{short} {argument}"),
            _ => format!("{{ \"{long}\": {argument} }}"),
        }
    }

    /// A mapping with braces.
    pub(crate) fn map(&self, entries: &[Pair]) -> String {
        let body = Self { shape: self.inner_shape(), ..self.clone() };
        match &self.indent {
            Some(indent) => {
                let inner = body.deeper();
                let separator = inner.indent.clone().unwrap_or_default();
                let newline = self.newline;
                format!("{{{newline}{separator}{}{newline}{indent}}}", inner.entries(entries))
            }
            None if body.shape == Shape::HclObject => format!("{{ {} }}", body.entries(entries)),
            None => format!("{{{}}}", body.entries(entries)),
        }
    }

    /// Blocks of HCL have attributes whose values are objects, and no bare keys with dots.
    fn inner_shape(&self) -> Shape {
        match self.shape {
            Shape::HclBody => Shape::HclObject,
            shape => shape,
        }
    }

    fn deeper(&self) -> Self {
        let indent = self.indent.as_ref().map(|indent| format!("{indent}{}", self.step));
        Self { indent, width: 0, ..self.clone() }
    }
}
