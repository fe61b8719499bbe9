//! What a document's values mean: each tool has functions, variables and escapes of its own.

use crate::text::Text;
use crate::tree::{Node, Piece, Value};

/// The tool that reads a document before the gateway does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) functions: Functions,
    /// The text goes through Terraform's templates: `$${` is a `${` for the gateway.
    pub(crate) terraform_template: bool,
    /// The Serverless Framework may take a `${` for a variable of its own.
    pub(crate) serverless_variables: bool,
    pub(crate) region: Region,
}

/// CloudFormation's functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Functions {
    None,
    /// `{"Fn::Sub": ..}`. `AWS::Include` knows no other form.
    Long,
    /// `!Sub` as well.
    Short,
}

/// Where the region comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Region {
    /// `AWS::Region`, by one of CloudFormation's functions.
    CloudFormation,
    /// `${AWS::Region}`, which the gateway itself resolves in a definition of a REST API when that is imported.
    Import,
    /// `${aws:region}`.
    Serverless,
    /// An expression such as `data.aws_region.current.name`.
    Terraform(String),
    Static(String),
    Unknown,
}

impl Dialect {
    pub(crate) fn plain(region: Region) -> Self {
        Self { functions: Functions::None, terraform_template: false, serverless_variables: false, region }
    }

    /// A value as the gateway gets it, in parts that are known and parts that aren't.
    pub(crate) fn pieces(&self, node: &Node<'_>, text: &Text) -> Vec<Piece> {
        let mut value = Pieces { found: Vec::new(), nodes: MOST_NODES };
        self.collect(node.resolved(), text, &mut value);
        value.found
    }

    /// A value that is known.
    pub(crate) fn text(&self, node: &Node<'_>, text: &Text) -> Option<String> {
        known(&self.pieces(node, text))
    }

    fn collect(&self, node: &Node<'_>, text: &Text, pieces: &mut Pieces) {
        if pieces.nodes == 0 {
            return;
        }
        pieces.nodes -= 1;
        match (&node.tag, &node.value) {
            (Some(tag), _) => self.call(tag.trim_start_matches('!'), node, text, pieces),
            (None, Value::Scalar(scalar)) if self.terraform_template => pieces.markers(scalar, terraform_marker),
            (None, Value::Scalar(scalar)) => pieces.push(scalar),
            // Without a value, REST APIs leave a header out.
            (None, Value::Empty) => pieces.push(""),
            (None, Value::Template(parts)) => pieces.found.extend(parts.iter().cloned()),
            (None, Value::Mapping(mapping)) if self.functions != Functions::None => match mapping.entries.as_slice() {
                [call] => {
                    let name = call.key.text().unwrap_or_default();
                    self.call(name.trim_start_matches("Fn::"), &call.value, text, pieces);
                }
                _ => pieces.computed(".."),
            },
            _ => pieces.computed(shown(node, text)),
        }
    }

    fn call(&self, function: &str, argument: &Node<'_>, text: &Text, pieces: &mut Pieces) {
        let argument = argument.resolved();
        let scalar = match &argument.value {
            Value::Scalar(scalar) => Some(scalar.as_ref()),
            _ => None,
        };
        match (function, scalar, argument.items()) {
            ("Sub", Some(scalar), _) => pieces.markers(scalar, sub_marker),
            ("Sub", None, Some([first, ..])) => {
                pieces.markers(first.text().unwrap_or_default(), sub_marker);
            }
            ("Ref" | "GetAtt", Some(scalar), _) => pieces.computed(scalar),
            ("GetAtt", None, Some(items)) => {
                let parts: Vec<_> = items.iter().filter_map(|item| item.text()).collect();
                pieces.computed(parts.join("."));
            }
            ("Join", None, Some([separator, list])) if list.items().is_some() => {
                for (index, item) in list.items().unwrap_or_default().iter().enumerate() {
                    if index > 0 {
                        pieces.push(separator.text().unwrap_or_default());
                    }
                    self.collect(item.resolved(), text, pieces);
                }
            }
            _ => pieces.computed(function),
        }
    }
}

fn shown(node: &Node<'_>, text: &Text) -> String {
    match &node.value {
        Value::Expression | Value::Choice(_) | Value::Local(_) | Value::Call(..) => text.slice(node.range()).to_owned(),
        _ => "..".to_owned(),
    }
}

/// No value that anybody wrote has as many parts. Aliases of aliases can have any number.
const MOST_NODES: usize = 1_000;

/// A value as far as it is read.
struct Pieces {
    found: Vec<Piece>,
    /// How many nodes may still be read.
    nodes: usize,
}

/// What a text means that begins with a marker: the piece, and the length of the marker.
type Marker = fn(&str) -> Option<(Piece, usize)>;

impl Pieces {
    fn computed(&mut self, name: impl Into<String>) {
        self.found.push(Piece::Computed(name.into()));
    }

    fn push(&mut self, text: &str) {
        match self.found.last_mut() {
            Some(_) if text.is_empty() => {}
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.found.push(Piece::Text(text.to_owned())),
        }
    }

    fn markers(&mut self, text: &str, marker: Marker) {
        let (mut rest, mut plain) = (text, 0);
        while let Some(tail) = rest.get(plain..).filter(|tail| !tail.is_empty()) {
            let Some((piece, length)) = marker(tail) else {
                plain += tail.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            self.push(rest.get(..plain).unwrap_or_default());
            match piece {
                Piece::Text(text) => self.push(&text),
                Piece::Computed(name) => self.computed(name),
            }
            rest = tail.get(length..).unwrap_or_default();
            plain = 0;
        }
        self.push(rest);
    }
}

fn braced(text: &str, open: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix(open)?;
    let end = inner.find('}')?;
    Some((inner.get(..end)?.to_owned(), open.len() + end + 1))
}

/// `${Name}` is computed, `${!Name}` is `${Name}`.
fn sub_marker(text: &str) -> Option<(Piece, usize)> {
    let (name, length) = braced(text, "${")?;
    Some(match name.strip_prefix('!') {
        Some(literal) => (Piece::Text(format!("${{{literal}}}")), length),
        None => (Piece::Computed(name), length),
    })
}

/// `${..}` is computed, `$${` is `${`; the same with `%`.
fn terraform_marker(text: &str) -> Option<(Piece, usize)> {
    if text.starts_with("$${") || text.starts_with("%%{") {
        return Some((Piece::Text(text.get(1..3)?.to_owned()), 3));
    }
    let (name, length) = braced(text, "${").or_else(|| braced(text, "%{"))?;
    Some((Piece::Computed(name), length))
}

/// The text, if no part of it is computed.
pub(crate) fn known(pieces: &[Piece]) -> Option<String> {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        Piece::Computed(_) => None,
    });
    texts.collect()
}

/// What a reader sees: `http://${Nlb.DNSName}/orders`.
pub(crate) fn display(pieces: &[Piece]) -> String {
    let shown = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Computed(name) if name.starts_with("${") => name.clone(),
        Piece::Computed(name) => format!("${{{name}}}"),
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::{display, Dialect, Functions, Region};
    use crate::text::Text;
    use crate::tree::parse_yaml;

    fn shown(dialect: &Dialect, value: &str) -> (String, bool) {
        let text = Text::new(format!("v: {value}"));
        let roots = parse_yaml(text.as_str(), 0).unwrap();
        let pieces = dialect.pieces(roots[0].get("v").unwrap(), &text);
        (display(&pieces), super::known(&pieces).is_some())
    }

    #[test]
    fn functions_are_read_as_far_as_they_are_known() {
        let dialect = Dialect { functions: Functions::Short, ..Dialect::plain(Region::CloudFormation) };
        for (value, expected, known) in [
            ("context.stage", "context.stage", true),
            ("!Sub \"${!context.x}000\"", "${context.x}000", true),
            ("!Sub \"'${AWS::Region}'\"", "'${AWS::Region}'", false),
            ("{\"Fn::Sub\": [\"http://${A}/{p}\", {A: b}]}", "http://${A}/{p}", false),
            ("!Join ['', ['$', '{context.x}000']]", "${context.x}000", true),
            ("!Ref AWS::Region", "${AWS::Region}", false),
            ("{\"Fn::GetAtt\": [A, Uri]}", "${A.Uri}", false),
            ("!FindInMap [a, b, c]", "${FindInMap}", false),
            ("{a: 1, b: 2}", "${..}", false),
            ("''", "", true),
            ("", "", true),
        ] {
            assert_eq!(shown(&dialect, value), (expected.to_owned(), known), "{value}");
        }
    }

    #[test]
    fn templates_of_terraform_have_their_own_escape() {
        let dialect = Dialect { terraform_template: true, ..Dialect::plain(Region::Unknown) };
        assert_eq!(shown(&dialect, "$${context.x}000"), ("${context.x}000".to_owned(), true));
        assert_eq!(shown(&dialect, "http://${host}/é"), ("http://${host}/é".to_owned(), false));
    }
}
