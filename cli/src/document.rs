//! A file that may be one of the documents that are looked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::find::{recognise, Kind};
use crate::text::Text;
use crate::tree::{parse_hcl, parse_json, parse_yaml, Malformed, Node};

/// What only documents for the gateway have. A file without it isn't parsed, unless it was named.
const SIGNS: [&str; 7] = [
    "x-amazon-apigateway-",
    "AWS::ApiGateway",
    "AWS::Serverless::",
    "aws_api_gateway_",
    "aws_apigatewayv2_",
    "terraform-aws-modules/apigateway-v2/",
    "terraform-aws-modules/terraform-aws-apigateway-v2",
];

/// Programs that make documents, and are none.
const PROGRAMS: [&str; 9] = ["ts", "mts", "js", "mjs", "cjs", "py", "go", "java", "cs"];

const PROGRAM: &str = "the source of a program, such as one for CDK or Pulumi, isn't read: run `cdk synth` and check \
                       cdk.out; `apigw-headers print cdk` and `print pulumi` have the mappings";

#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    pub(crate) text: Text,
}

/// A document, parsed.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    pub(crate) kind: Kind,
    pub(crate) roots: Vec<Rc<Node<'a>>>,
}

/// Why a file can't be dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) path: PathBuf,
    /// From 1.
    pub(crate) line: Option<usize>,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, reason: reason.into() }
    }
}

impl Document {
    /// Reads a file. `Ok(None)` for one that wasn't named itself and has no sign of the gateway.
    pub(crate) fn read(path: &Path, named: bool) -> Result<Option<Self>, Fault> {
        if path.extension().is_some_and(|ending| PROGRAMS.iter().any(|program| ending == *program)) {
            return if named { Err(Fault::new(path, PROGRAM)) } else { Ok(None) };
        }
        let bytes = fs::read(path).map_err(|error| Fault::new(path, error.to_string()))?;
        if u32::try_from(bytes.len()).is_err() {
            return if named { Err(Fault::new(path, "it has 4 GiB or more")) } else { Ok(None) };
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let has_sign = has_sign(&String::from_utf8_lossy(&bytes));
                let line = bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
                let fault = Fault { line: Some(line), ..Fault::new(path, format!("not UTF-8 at byte {at}")) };
                return if named || has_sign { Err(fault) } else { Ok(None) };
            }
        };
        // Of the Serverless Framework's documents, few have anything that others don't.
        let service = (text.contains("events") && text.contains("http")) || text.contains("${file(");
        let may_be = named || has_sign(&text) || service;
        Ok(may_be.then(|| Self { path: path.to_owned(), text: Text::new(text) }))
    }

    /// Parses it by its name and its content, or as a part of a service of the Serverless Framework. `Ok(None)` if it is
    /// of no kind that is known.
    pub(crate) fn parse(&self, named: bool, part_of_service: bool) -> Result<Option<Parsed<'_>>, Fault> {
        let parsed = self.roots();
        let roots = match parsed {
            Ok(roots) => roots,
            Err(_) if !named && !has_sign(self.text.as_str()) => return Ok(None),
            Err(Malformed { line, column, reason }) => {
                let reason = format!("malformed at column {column}: {reason}");
                return Err(Fault { line: Some(line), ..Fault::new(&self.path, reason) });
            }
        };
        let kind = match self.is_terraform() {
            true => (named || has_sign(self.text.as_str())).then_some(Kind::Terraform),
            false => roots.iter().find_map(recognise).or_else(|| part_of_service.then_some(Kind::Serverless)),
        };
        Ok(kind.map(|kind| Parsed { kind, roots }))
    }

    /// Parses another version of the same file.
    pub(crate) fn reparse<'t>(&self, text: &'t Text) -> Result<Vec<Rc<Node<'t>>>, Malformed> {
        parse(text, self.is_terraform(), self.is_json_by_name())
    }

    fn roots(&self) -> Result<Vec<Rc<Node<'_>>>, Malformed> {
        parse(&self.text, self.is_terraform(), self.is_json_by_name())
    }

    fn is_terraform(&self) -> bool {
        self.path.extension().is_some_and(|ending| ending == "tf")
    }

    fn is_json_by_name(&self) -> bool {
        self.path.extension().is_some_and(|ending| ending == "json")
    }
}

fn parse(text: &Text, terraform: bool, json: bool) -> Result<Vec<Rc<Node<'_>>>, Malformed> {
    // A byte order mark is no part of the document, but keeps its place.
    let body = text.as_str().trim_start_matches('\u{feff}');
    let base = text.as_str().len() - body.len();
    if terraform {
        return parse_hcl(body, base);
    }
    if !json && !body.trim_start().starts_with('{') {
        return parse_yaml(body, base);
    }
    // What looks like JSON may be YAML in flow style. If it is JSON, it has to stay that.
    parse_json(body, base).or_else(|malformed| if json { Err(malformed) } else { parse_yaml(body, base) })
}

fn has_sign(text: &str) -> bool {
    SIGNS.iter().any(|sign| text.contains(sign))
}
