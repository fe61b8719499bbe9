//! Definitions of APIs in Terraform: the `body` of a resource.

use std::rc::Rc;

use super::found::Reader;
use super::openapi;
use super::reason::Reason;
use super::terraform::Finder;
use crate::dialect::{Dialect, Region};
use crate::table::Api;
use crate::tree::{Entry, Node, Piece, Value};

const COMPUTED: &str = "the definition is computed";

impl<'a> Finder<'_, 'a> {
    /// `body`: an object, a text, or another file's.
    pub(super) fn body(&mut self, block: &Entry<'a>, name: &str, api: Api) {
        let Some(body) = block.value.get("body").filter(|body| body.text() != Some("null")) else { return };
        let definition = match &body.value {
            Value::Call(call) if matches!(call.0.as_str(), "jsonencode" | "yamlencode") => {
                let definition = call.1.first().filter(|definition| definition.get("paths").is_some());
                definition.map(|definition| (definition, false))
            }
            Value::Heredoc(definition) => definition.as_ref().map(|definition| (definition, true)),
            _ => None,
        };
        let Some((definition, terraform_template)) = definition else {
            return self.file(block, name, body, api);
        };
        let region = match (&self.dialect.region, api) {
            (Region::Unknown, Api::Rest) => Region::Import,
            (region, _) => region.clone(),
        };
        let dialect = Dialect { terraform_template, ..Dialect::plain(region) };
        openapi::find_in(definition, &format!("{name} "), Rc::new(dialect), Some(api), self.text, self.found);
    }

    /// `file("api.yaml")` and `templatefile("${path.module}/api.yaml", {..})`.
    fn file(&mut self, block: &Entry<'a>, name: &str, body: &Node<'a>, api: Api) {
        let at = block.key.start();
        let Value::Call(call) = &body.value else {
            return self.found.leave(at, name, Reason::not_checked(COMPUTED));
        };
        let (function, arguments) = call.as_ref();
        let reader = match function.as_str() {
            "templatefile" => Reader::TerraformTemplate,
            "file" => Reader::Nobody,
            // `jsonencode(yamldecode(file(..)))`
            _ => match arguments.first() {
                Some(inner) => return self.file(block, name, inner, api),
                None => return self.found.leave(at, name, Reason::not_checked(COMPUTED)),
            },
        };
        let pieces = arguments.first().map(|path| self.dialect.pieces(path, self.text)).unwrap_or_default();
        let path = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Computed(name) if name.contains("path.module") => Some("."),
            Piece::Computed(_) => None,
        });
        match path.collect::<Option<String>>() {
            Some(path) if !path.is_empty() => {
                let reason = Reason::definition_elsewhere(format!("the definition is in {path}"), &path);
                self.found.leave(at, name, reason);
                self.found.refer(path, api, reader);
            }
            _ => self.found.leave(at, name, Reason::not_checked(COMPUTED)),
        }
    }
}
