//! Strings in the syntax of each format.

use crate::tree::Shape;

/// How a string of YAML is to be written, if it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quote {
    Plain,
    Single,
    Double,
}

impl Quote {
    /// As a string that is there already.
    pub(crate) fn of(written: &str) -> Self {
        match written.chars().next() {
            Some('"') => Self::Double,
            Some('\'') => Self::Single,
            _ => Self::Plain,
        }
    }
}

/// A string that means `text`. With `escape`, Terraform reads the file as a template before anybody else does.
pub(crate) fn string(text: &str, shape: Shape, quote: Quote, escape: bool) -> String {
    let escaped = match escape {
        true => escape_markers(text),
        false => text.to_owned(),
    };
    match shape {
        Shape::YamlBlock | Shape::YamlFlow => yaml(&escaped, quote, shape == Shape::YamlFlow),
        Shape::Json => double(&escaped),
        Shape::HclBody | Shape::HclObject => double(&escape_markers(text)),
    }
}

/// A string that Terraform, or the Serverless Framework, is to expand.
pub(crate) fn template(text: &str, shape: Shape, quote: Quote) -> String {
    let only = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match (shape, only) {
        (Shape::HclBody | Shape::HclObject, Some(expression)) => expression.to_owned(),
        (Shape::YamlBlock | Shape::YamlFlow, _) => yaml(text, quote, shape == Shape::YamlFlow),
        _ => double(text),
    }
}

fn escape_markers(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

fn yaml(text: &str, quote: Quote, flow: bool) -> String {
    match quote {
        Quote::Plain if is_plain(text, flow) => text.to_owned(),
        Quote::Single if !text.contains('\'') => format!("'{text}'"),
        _ => double(text),
    }
}

/// Whether a text needs no quotes. In flow collections some parsers take any colon for a separator.
fn is_plain(text: &str, flow: bool) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._$/".contains(c) || (!flow && ":{}".contains(c));
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$') && text.chars().all(allowed) && !text.ends_with(':')
}

/// What is written here has no control characters.
fn double(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{string, template, Quote};
    use crate::tree::Shape;

    #[test]
    fn strings_are_quoted_where_they_have_to_be() {
        let time = "${context.requestTimeEpoch}000";
        for (text, shape, quote, escape, expected) in [
            ("'a'", Shape::YamlBlock, Quote::Plain, false, "\"'a'\""),
            ("'a'", Shape::YamlBlock, Quote::Single, false, "\"'a'\""),
            ("context.path", Shape::YamlBlock, Quote::Single, false, "'context.path'"),
            (time, Shape::YamlBlock, Quote::Plain, false, time),
            (time, Shape::YamlFlow, Quote::Plain, false, "\"${context.requestTimeEpoch}000\""),
            (time, Shape::YamlBlock, Quote::Plain, true, "$${context.requestTimeEpoch}000"),
            (time, Shape::HclObject, Quote::Plain, false, "\"$${context.requestTimeEpoch}000\""),
            ("overwrite:header.x", Shape::YamlBlock, Quote::Plain, false, "overwrite:header.x"),
            ("overwrite:header.x", Shape::YamlFlow, Quote::Plain, false, "\"overwrite:header.x\""),
            ("a\"b\\", Shape::Json, Quote::Plain, false, r#""a\"b\\""#),
        ] {
            assert_eq!(string(text, shape, quote, escape), expected);
        }
        assert_eq!(template("'${a.b}'", Shape::HclObject, Quote::Plain), "\"'${a.b}'\"");
        assert_eq!(template("${a.b}", Shape::HclObject, Quote::Plain), "a.b");
        assert_eq!(template("${a.b}", Shape::Json, Quote::Plain), "\"${a.b}\"");
    }
}
