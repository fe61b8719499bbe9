//! OpenAPI 3 and Swagger 2, by themselves or inside a template.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::found::{Declared, Found, Integration, Keys, Reader, Undecided};
use super::kind::signs;
use super::part::{integration_of, is_method, paths, why_unread};
use super::place::place;
use super::reach::why_left;
use super::reason::Reason;
use super::settings::Settings;
use crate::dialect::{Dialect, Functions, Region};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Node, NodeId};

const SHARED: &str = "x-amazon-apigateway-integrations";

/// A definition in a file of its own.
pub(super) fn find<'a>(root: &Rc<Node<'a>>, text: &Text, settings: &Settings<'_>, found: &mut Found<'a>) {
    let hint = settings.hint;
    let name = settings.path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let terraform_template = match hint {
        Some(hint) => hint.reader == Reader::TerraformTemplate,
        // Nobody else has a use for `$${`.
        None => {
            [".tpl", ".tftpl", ".tmpl"].iter().any(|ending| name.ends_with(ending)) || text.as_str().contains("$${")
        }
    };
    let included = hint.is_some_and(|hint| hint.reader == Reader::CloudFormation);
    if included {
        found.deployment = Some(
            "a SAM template that includes this file deploys it only if the API has `AlwaysDeploy: true`, or if the \
             template changes too",
        );
    }
    // Functions of CloudFormation in a definition mean that a template includes it.
    let functions = if included || text.as_str().contains("Fn::") { Functions::Long } else { Functions::None };
    let api = hint.and_then(|hint| hint.api).or_else(|| signs(root).api()).or(settings.api);
    let region = match (functions, settings.given_region(), api) {
        (Functions::Long, ..) => Region::CloudFormation,
        (_, Region::Unknown, Some(Api::Rest)) => Region::Import,
        (_, given, _) => given,
    };
    let dialect = Dialect { functions, terraform_template, ..Dialect::plain(region) };
    find_in(root, "", Rc::new(dialect), api, text, found);
}

/// A definition wherever it is. Its integrations are named after `prefix` and their routes.
pub(super) fn find_in<'a>(
    root: &Rc<Node<'a>>,
    prefix: &str,
    dialect: Rc<Dialect>,
    api: Option<Api>,
    text: &Text,
    found: &mut Found<'a>,
) {
    let api = api.or_else(|| signs(root).api());
    let mut finder = Finder { root, prefix, dialect, api, text, found, seen: BTreeSet::new() };
    finder.shared();
    // A file may hold one operation, or one path.
    if let Some(entry) = integration_of(root) {
        finder.integration(entry, format!("{prefix}operation"), Declared::Unknown);
    }
    finder.operations("", root, root.start());
    finder.paths(paths(root));
}

struct Finder<'f, 'a> {
    root: &'f Rc<Node<'a>>,
    prefix: &'f str,
    dialect: Rc<Dialect>,
    api: Option<Api>,
    text: &'f Text,
    found: &'f mut Found<'a>,
    /// Where the integrations, operations and paths are that aliases have led to already.
    seen: BTreeSet<NodeId>,
}

impl<'a> Finder<'_, 'a> {
    /// Shared integrations, once, at their definitions.
    fn shared(&mut self) {
        let definitions = self.root.at(&["components", SHARED]);
        for definition in definitions.into_iter().flat_map(|node| node.entries()) {
            let name = format!("{}{SHARED}.{}", self.prefix, definition.key.text().unwrap_or_default());
            self.integration(definition, name, Declared::NotNeeded);
        }
    }

    fn paths(&mut self, paths: &Rc<Node<'a>>) {
        self.unread(paths.start(), "paths", paths);
        for path in paths.entries() {
            let name = self.key(&path.key);
            if name.starts_with("Fn::ForEach::") {
                // A list of the variable, its values and what is repeated.
                let repeated = path.value.items().and_then(|items| items.last());
                if let Some(template) = repeated.filter(|template| self.seen.insert(template.resolved().id())) {
                    self.paths(template);
                }
            } else if !name.starts_with("Fn::") && self.seen.insert(path.value.resolved().id()) {
                self.operations(&name, &path.value, path.key.start());
            }
        }
    }

    fn operations(&mut self, path: &str, item: &Rc<Node<'a>>, at: usize) {
        if path.starts_with(['/', '$']) {
            self.unread(at, path, item);
        }
        for operation in item.entries().filter(|operation| is_method(operation)) {
            let method = operation.key.text().unwrap_or_default().to_ascii_uppercase();
            let method = if method == "X-AMAZON-APIGATEWAY-ANY-METHOD" { "ANY" } else { &method };
            let name = format!("{method} {path}");
            self.unread(operation.key.start(), &name, &operation.value);
            let name = format!("{}{}", self.prefix, name.trim_end());
            let Some(entry) = integration_of(&operation.value) else { continue };
            let declared = self.declared(&[item, &operation.value]);
            self.integration(entry, name, declared);
        }
    }

    /// Says what isn't in this document.
    fn unread(&mut self, at: usize, name: &str, node: &Node<'a>) {
        let Some(reason) = why_unread(node) else { return };
        let location = node.at(&["Fn::Transform", "Parameters", "Location"]);
        let (target, reader) = match location {
            Some(location) => (self.dialect.text(location, self.text), Reader::CloudFormation),
            None => {
                let target =
                    node.get("$ref").and_then(|target| target.text()).and_then(|target| target.split('#').next());
                (target.map(str::to_owned), Reader::Nobody)
            }
        };
        let target = target.filter(|target| !target.is_empty() && !target.contains("://"));
        let reason = match &target {
            Some(path) => Reason::definition_elsewhere(format!("in another file ({path})"), path),
            None => Reason::not_checked(reason),
        };
        self.found.leave(at, format!("{}{name}", self.prefix), reason);
        if let (Some(target), Some(api)) = (target, self.api) {
            self.found.refer(target, api, reader);
        }
    }

    fn integration(&mut self, entry: &Entry<'a>, name: String, declared: Declared) {
        let node = entry.value.resolved();
        if !self.seen.insert(node.id()) {
            return;
        }
        let at = entry.key.start();
        if let Some(target) = node.get("$ref") {
            // A shared one is found at its definition.
            if !target.text().is_some_and(|target| target.starts_with("#/components/x-amazon-apigateway-integrations/"))
            {
                self.found.leave(at, name, Reason::not_checked("`$ref` to another place is not followed"));
            }
            return;
        }
        let kind = match node.get("type") {
            Some(kind) => self.dialect.text(kind, self.text),
            None => {
                let reason = Reason::not_checked("no type, or a computed integration");
                return self.found.leave(at, name, reason);
            }
        };
        let place = place(&entry.value, &["requestParameters"]);
        let subtype = node.get("integrationSubtype").is_some();
        if let Some(reason) = why_left(kind.as_deref(), subtype) {
            return self.found.leave_integration(at, name, reason, &place);
        }
        let range = at..entry.value.written_end();
        let Some(api) = self.api else {
            // HTTP APIs need it, but definitions of REST APIs have it, too, so it proves nothing.
            let choice = match node.get("payloadFormatVersion") {
                Some(_) => {
                    "a REST or an HTTP API: pass --api rest or --api http (probably http: HTTP APIs need \
                     `payloadFormatVersion`, but some definitions of REST APIs have it, too)"
                }
                None => "a REST or an HTTP API: pass --api rest or --api http",
            };
            return self.found.undecided.push(Undecided { range, name, choice });
        };
        let integration = Integration {
            name,
            range,
            api,
            drops_headers: kind.is_some_and(|kind| kind.eq_ignore_ascii_case("http")),
            uri: node.get("uri").map(|uri| self.dialect.pieces(uri, self.text)).unwrap_or_default(),
            place,
            keys: Keys::Gateway,
            declared: if api == Api::Http { Declared::NotNeeded } else { declared },
            dialect: Rc::clone(&self.dialect),
        };
        self.found.integrations.push(integration);
    }

    /// The path parameters that a path and its operation declare.
    fn declared(&self, holders: &[&Rc<Node<'a>>]) -> Declared {
        let mut names = BTreeSet::new();
        let parameters = holders.iter().filter_map(|holder| holder.get("parameters")?.items()).flatten();
        for parameter in parameters {
            let referred = parameter.get("$ref").and_then(|target| {
                let keys: Vec<_> = target.text()?.strip_prefix("#/")?.split('/').collect();
                self.root.at(&keys)
            });
            let parameter = referred.unwrap_or(parameter);
            let field = |name| parameter.get(name).and_then(|value| value.text());
            if let (Some("path"), Some(name)) = (field("in"), field("name")) {
                names.insert(name.to_owned());
            }
        }
        Declared::Names(names)
    }

    fn key(&self, key: &Node<'_>) -> String {
        key.text().map_or_else(|| crate::dialect::display(&self.dialect.pieces(key, self.text)), str::to_owned)
    }
}
