//! HCL, Terraform's language.

use std::rc::Rc;

use hcl_edit::expr::{Expression, Object, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::{Element, Template};
use hcl_edit::{parser, Span};

use super::node::{Entry, Malformed, Mapping, Node, Piece, Shape, Value};
use super::{json, yaml};

/// Parses a file. A block is an entry whose key is made of its type and labels: `resource aws_api_gateway_method get`.
pub(crate) fn parse(text: &str, base: usize) -> Result<Vec<Rc<Node<'_>>>, Malformed> {
    let parsed = parser::parse_body(text).map_err(|error| Malformed {
        line: error.location().line(),
        column: error.location().column(),
        reason: error.message().to_owned(),
    })?;
    let reader = Reader { text, base };
    Ok(vec![Rc::new(reader.body(&parsed, 0..text.len()))])
}

struct Reader<'a> {
    text: &'a str,
    base: usize,
}

impl<'a> Reader<'a> {
    fn node(&self, range: std::ops::Range<usize>, value: Value<'a>) -> Node<'a> {
        Node::new(range.start + self.base..range.end + self.base, value)
    }

    fn body(&self, body: &Body, range: std::ops::Range<usize>) -> Node<'a> {
        let entries = body.iter().map(|structure| match structure {
            Structure::Attribute(attribute) => {
                let key = Value::Scalar(attribute.key.as_str().to_owned().into());
                Entry {
                    key: Rc::new(self.node(attribute.key.span().unwrap_or_default(), key)),
                    value: Rc::new(self.expression(&attribute.value)),
                }
            }
            Structure::Block(block) => {
                let labels = block.labels.iter().map(|label| label.as_str());
                let name = std::iter::once(block.ident.as_str()).chain(labels).collect::<Vec<_>>().join(" ");
                let range = block.span().unwrap_or_default();
                Entry {
                    key: Rc::new(self.node(block.ident.span().unwrap_or_default(), Value::Scalar(name.into()))),
                    value: Rc::new(self.body(&block.body, range)),
                }
            }
        });
        let value = Value::Mapping(Mapping { entries: entries.collect(), shape: Shape::HclBody });
        self.node(range, value)
    }

    fn expression(&self, expression: &Expression) -> Node<'a> {
        let range = expression.span().unwrap_or_default();
        let value = match expression {
            Expression::String(string) => Value::Scalar(string.as_str().to_owned().into()),
            Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) => {
                Value::Scalar(self.text.get(range.clone()).unwrap_or_default().into())
            }
            Expression::Array(array) => {
                Value::Sequence(array.iter().map(|item| Rc::new(self.expression(item))).collect(), true)
            }
            Expression::Object(object) => self.object(object),
            Expression::StringTemplate(template) => Value::Template(self.pieces(template)),
            Expression::HeredocTemplate(heredoc) => return self.heredoc(range, &heredoc.template),
            Expression::Parenthesis(inner) => return self.expression(inner.inner()),
            Expression::FuncCall(call) if !call.name.is_namespaced() => {
                let arguments = call.args.iter().map(|argument| Rc::new(self.expression(argument)));
                Value::Call(Box::new((call.name.name.as_str().to_owned(), arguments.collect())))
            }
            Expression::Conditional(choice) => {
                let values = [&choice.true_expr, &choice.false_expr];
                Value::Choice(values.map(|value| Rc::new(self.expression(value))).into())
            }
            Expression::Traversal(traversal) => match local(traversal) {
                Some(name) => Value::Local(name.into()),
                None => Value::Expression,
            },
            _ => Value::Expression,
        };
        self.node(range, value)
    }

    fn object(&self, object: &Object) -> Value<'a> {
        let entries = object.iter().map(|(key, value)| {
            let key = match key {
                ObjectKey::Ident(ident) => {
                    self.node(ident.span().unwrap_or_default(), Value::Scalar(ident.as_str().to_owned().into()))
                }
                ObjectKey::Expression(expression) => self.expression(expression),
            };
            Entry { key: Rc::new(key), value: Rc::new(self.expression(value.expr())) }
        });
        Value::Mapping(Mapping { entries: entries.collect(), shape: Shape::HclObject })
    }

    fn heredoc(&self, range: std::ops::Range<usize>, template: &Template) -> Node<'a> {
        let range = template.span().unwrap_or(range);
        let text = self.text.get(range.clone()).unwrap_or_default();
        let definition = text.contains("x-amazon-apigateway-integration").then(|| {
            let parsed = match text.trim_start().starts_with('{') {
                true => json::parse(text, range.start + self.base),
                false => yaml::parse(text, range.start + self.base),
            };
            // Directives such as `%{ for .. }` make it something else.
            parsed.ok()?.into_iter().next()
        });
        self.node(range, Value::Heredoc(definition.flatten()))
    }

    fn pieces(&self, template: &Template) -> Vec<Piece> {
        let pieces = template.iter().map(|element| match element {
            Element::Literal(text) => Piece::Text(text.as_str().to_owned()),
            _ => Piece::Computed(self.text.get(element.span().unwrap_or_default()).unwrap_or_default().to_owned()),
        });
        pieces.collect()
    }
}

/// The name of a local, if that is all.
fn local(traversal: &Traversal) -> Option<&str> {
    let [operator] = traversal.operators.as_slice() else { return None };
    match (&traversal.expr, operator.value()) {
        (Expression::Variable(variable), TraversalOperator::GetAttr(name)) if variable.as_str() == "local" => {
            Some(name.as_str())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::{Piece, Value};
    use super::parse;

    #[test]
    fn positions_are_those_of_the_text() {
        let text = "resource \"a\" \"b\" {\n  é = \"$${x}\" # c\n  t = \"http://${var.x}/{p}\"\n  o = { \"k\" = [1], l : v.w }\n  h = <<-EOT\n    text: 1\n  EOT\n}\n";
        let roots = parse(text, 0).unwrap();
        let block = roots[0].get("resource a b").unwrap();
        assert_eq!(&text[block.range()], text.trim_end());
        assert_eq!(block.get("é").unwrap().text(), Some("${x}"));
        assert_eq!(&text[block.at(&["o", "k"]).unwrap().range()], "[1]");
        assert_eq!(&text[block.get("o").unwrap().range()], "{ \"k\" = [1], l : v.w }");
        assert_eq!(text[block.get("h").unwrap().range()].trim(), "text: 1");
        let Value::Template(pieces) = &block.get("t").unwrap().value else { panic!() };
        assert_eq!(pieces[1], Piece::Computed("${var.x}".to_owned()));
        assert_eq!(pieces[2], Piece::Text("/{p}".to_owned()));
    }

    #[test]
    fn what_is_malformed_has_its_place() {
        assert_eq!(parse("a = 1\nb = [", 0).unwrap_err().line, 2);
        assert!(parse(&format!("a = {}", "[".repeat(100_000)), 0).is_err());
    }
}
