//! JSON, by its tokens: a parser's own tree would be larger than all the rest.

use std::rc::Rc;

use jsonc_parser::errors::ParseError;
use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

use super::node::{Entry, Malformed, Mapping, Node, Shape, Value};

/// Nothing that JSON doesn't have.
const STRICT: ScannerOptions = ScannerOptions {
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// As many as `jsonc-parser` itself allows. The stack has room for more.
const DEEPEST: usize = 512;

/// Parses a document. Positions in it count from `base`.
pub(crate) fn parse(text: &str, base: usize) -> Result<Vec<Rc<Node<'_>>>, Malformed> {
    let mut parser = Parser { scanner: Scanner::new(text, &STRICT), text, base, depth: 0 };
    let mut roots = Vec::new();
    if let Some(first) = parser.next()? {
        roots.push(Rc::new(parser.value(first)?));
    }
    match parser.next()? {
        Some(_) => Err(parser.unexpected("the end")),
        None => Ok(roots),
    }
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    text: &'a str,
    base: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Result<Option<Token<'a>>, Malformed> {
        self.scanner.scan().map_err(|error: ParseError| Malformed {
            line: error.line_display(),
            column: error.column_display(),
            reason: error.kind().to_string(),
        })
    }

    /// The next token, where the document mustn't end.
    fn expect(&mut self, wanted: &str) -> Result<Token<'a>, Malformed> {
        match self.next()? {
            Some(token) => Ok(token),
            None => Err(self.unexpected(wanted)),
        }
    }

    fn unexpected(&self, wanted: &str) -> Malformed {
        let before = self.text.get(..self.scanner.token_start()).unwrap_or(self.text);
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Malformed { line: before.matches('\n').count() + 1, column, reason: format!("expected {wanted}") }
    }

    /// The value that begins with a token.
    fn value(&mut self, first: Token<'a>) -> Result<Node<'a>, Malformed> {
        let start = self.scanner.token_start();
        let value = match first {
            Token::String(text) => Value::Scalar(text),
            Token::Number(text) => Value::Scalar(text.into()),
            Token::Boolean(boolean) => Value::Scalar(if boolean { "true" } else { "false" }.into()),
            Token::Null => Value::Scalar("null".into()),
            Token::OpenBrace => self.nested(Self::object)?,
            Token::OpenBracket => self.nested(Self::array)?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(self.node(start, value))
    }

    /// A node that ends with the last token.
    fn node(&self, start: usize, value: Value<'a>) -> Node<'a> {
        Node::new(start + self.base..self.scanner.token_end() + self.base, value)
    }

    fn nested(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<Value<'a>, Malformed>,
    ) -> Result<Value<'a>, Malformed> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.unexpected(&format!("at most {DEEPEST} levels")));
        }
        let value = inside(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value<'a>, Malformed> {
        let mut entries = Vec::new();
        let mut token = self.expect("a key or `}`")?;
        if token == Token::CloseBrace {
            return Ok(Value::Mapping(Mapping { entries, shape: Shape::Json }));
        }
        loop {
            let Token::String(key) = token else {
                return Err(self.unexpected("a key"));
            };
            let key = self.node(self.scanner.token_start(), Value::Scalar(key));
            if self.expect("`:`")? != Token::Colon {
                return Err(self.unexpected("`:`"));
            }
            let first = self.expect("a value")?;
            let value = self.value(first)?;
            entries.push(Entry { key: Rc::new(key), value: Rc::new(value) });
            match self.expect("`,` or `}`")? {
                Token::Comma => token = self.expect("a key")?,
                Token::CloseBrace => break,
                _ => return Err(self.unexpected("`,` or `}`")),
            }
        }
        entries.shrink_to_fit();
        Ok(Value::Mapping(Mapping { entries, shape: Shape::Json }))
    }

    fn array(&mut self) -> Result<Value<'a>, Malformed> {
        let mut items = Vec::new();
        let mut token = self.expect("a value or `]`")?;
        if token == Token::CloseBracket {
            return Ok(Value::Sequence(items, true));
        }
        loop {
            items.push(Rc::new(self.value(token)?));
            match self.expect("`,` or `]`")? {
                Token::Comma => token = self.expect("a value")?,
                Token::CloseBracket => break,
                _ => return Err(self.unexpected("`,` or `]`")),
            }
        }
        items.shrink_to_fit();
        Ok(Value::Sequence(items, true))
    }
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
        for text in [
            "{\"a\": 1,}",
            "[1,]",
            "{} {}",
            "[1 2]",
            "\"a",
            "{\"a\": 01}",
            "{a: 1}",
            "{'a': 1}",
            "// x\n{}",
            "{\"a\" 1}",
            "{\"a\": +1}",
            &deep,
        ] {
            assert!(parse(text, 0).is_err(), "{text:.40}");
        }
        assert_eq!(parse("{\n  \"a\": ]", 0).unwrap_err().line, 2);
    }
}
