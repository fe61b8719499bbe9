//! Definitions of APIs in templates of CloudFormation and SAM, and the parameters of their import.

use std::rc::Rc;

use super::cloudformation::Finder;
use super::found::Reader;
use super::openapi;
use super::reason::Reason;
use crate::table::Api;
use crate::tree::{Entry, Node};

impl<'a> Finder<'_, 'a> {
    /// An OpenAPI definition in a template, or where it is instead.
    pub(super) fn definition(&mut self, name: &str, resource: &Entry<'a>, body: &str, elsewhere: &str, api: Api) {
        let Some(properties) = resource.value.get("Properties") else { return };
        let at = resource.key.start();
        if properties.get("ProtocolType").and_then(|protocol| protocol.text()) == Some("WEBSOCKET") {
            return;
        }
        if let Some(location) = properties.get(elsewhere) {
            self.definition_elsewhere(at, name, location, api, Reader::Nobody);
        }
        let Some(body) = properties.get(body) else { return };
        if body.get("paths").is_some() {
            let prefix = format!("{name} ");
            return openapi::find_in(body, &prefix, Rc::clone(&self.dialect), Some(api), self.text, self.found);
        }
        let transform =
            body.get("Fn::Transform").or_else(|| (body.tag.as_deref() == Some("!Transform")).then_some(body));
        match transform.and_then(|transform| transform.at(&["Parameters", "Location"])) {
            Some(location) => self.definition_elsewhere(at, name, location, api, Reader::CloudFormation),
            None => self.found.leave(at, name, Reason::not_checked("the definition is computed")),
        }
    }

    fn definition_elsewhere(&mut self, at: usize, name: &str, location: &Node<'a>, api: Api, reader: Reader) {
        match self.dialect.text(location, self.text) {
            Some(path) if !path.contains("://") => {
                let reason = Reason::definition_elsewhere(format!("the definition is in {path}"), &path);
                self.found.leave(at, name, reason);
                self.found.refer(path, api, reader);
            }
            _ => self.found.leave(at, name, Reason::not_checked("the definition is not in a local file")),
        }
    }

    /// Another file, or a part of a template that is not in one.
    pub(super) fn elsewhere(&mut self, at: usize, name: &str, what: &str, location: Option<&Node<'a>>) {
        let path = location.and_then(|location| self.dialect.text(location, self.text));
        let reason = match path.filter(|path| !path.contains("://")) {
            Some(path) => Reason::elsewhere(format!("{what} ({path})"), &path),
            None => Reason::from(format!("{what}, which is no local file")),
        };
        self.found.leave(at, name, reason);
    }

    /// Datadog's construct for CDK puts the mappings here if it is used as its README recommends.
    pub(super) fn import_parameters(&mut self, name: &str, resource: &Entry<'a>) {
        let parameters = resource.value.at(&["Properties", "Parameters"]);
        let mut keys = parameters.into_iter().flat_map(|node| node.entries()).filter_map(|entry| entry.key.text());
        if keys.any(|key| key.contains("x-dd-proxy")) {
            let reason = "`Parameters` of a RestApi map nothing: add the mappings to its methods";
            self.found.leave(resource.key.start(), name, reason);
        }
    }
}
