//! JSON.

use std::rc::Rc;

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{parse_to_ast, CollectOptions, ParseOptions};

use super::node::{Entry, Malformed, Mapping, Node, Shape, Value};

/// Nothing that JSON doesn't have.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses a document. Positions in it count from `base`.
pub(crate) fn parse(text: &str, base: usize) -> Result<Vec<Rc<Node<'_>>>, Malformed> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| Malformed {
        line: error.line_display(),
        column: error.column_display(),
        reason: error.kind().to_string(),
    })?;
    Ok(parsed.value.map(|value| Rc::new(node(value, base))).into_iter().collect())
}

fn node(value: Ast<'_>, base: usize) -> Node<'_> {
    let range = value.start() + base..value.end() + base;
    let value = match value {
        Ast::StringLit(string) => Value::Scalar(string.value),
        Ast::NumberLit(number) => Value::Scalar(number.value.into()),
        Ast::BooleanLit(boolean) => Value::Scalar(if boolean.value { "true" } else { "false" }.into()),
        Ast::NullKeyword(_) => Value::Scalar("null".into()),
        Ast::Array(array) => {
            Value::Sequence(array.elements.into_iter().map(|element| Rc::new(node(element, base))).collect(), true)
        }
        Ast::Object(object) => {
            let entries = object.properties.into_iter().map(|property| {
                let range = property.name.start() + base..property.name.end() + base;
                let name = match property.name {
                    ObjectPropName::String(string) => string.value,
                    ObjectPropName::Word(word) => word.value.into(),
                };
                let key = Node::new(range, Value::Scalar(name));
                Entry { key: Rc::new(key), value: Rc::new(node(property.value, base)) }
            });
            Value::Mapping(Mapping { entries: entries.collect(), shape: Shape::Json })
        }
    };
    Node::new(range, value)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn positions_are_those_of_the_text() {
        let text = r#" {"é": [1, {"b\u0041": "x"}], "n": null}"#;
        let roots = parse(text, 0).unwrap();
        let object = &roots[0].get("é").unwrap().items().unwrap()[1];
        assert_eq!(&text[object.range()], r#"{"b\u0041": "x"}"#);
        assert_eq!(&text[object.get("bA").unwrap().range()], r#""x""#);
        assert_eq!(parse(text, 7).unwrap()[0].start(), 8);
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        let deep = "[".repeat(100_000);
        for text in ["{\"a\": 1,}", "{a: 1}", "{'a': 1}", "// x\n{}", "{\"a\" 1}", "{\"a\": +1}", &deep] {
            assert!(parse(text, 0).is_err(), "{text:.40}");
        }
        assert_eq!(parse("{\n  \"a\": ]", 0).unwrap_err().line, 2);
    }
}
