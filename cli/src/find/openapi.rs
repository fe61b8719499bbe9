//! OpenAPI 3 and Swagger 2, by themselves or inside a template.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::found::{Declared, Found, Integration, Keys, Place, Reader};
use super::kind::Signs;
use super::settings::Settings;
use crate::dialect::{Dialect, Functions, Region};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Node, NodeId, Value};

const INTEGRATION: &str = "x-amazon-apigateway-integration";
const SHARED: &str = "x-amazon-apigateway-integrations";
const METHODS: [&str; 9] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace", "x-amazon-apigateway-any-method"];

/// A definition in a file of its own.
pub(super) fn find<'a>(root: &Rc<Node<'a>>, text: &Text, settings: &Settings<'_>, found: &mut Found<'a>) {
    let hint = settings.hint;
    let name = settings.path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let terraform_template = match hint {
        Some(hint) => hint.reader == Reader::TerraformTemplate,
        None => [".tpl", ".tftpl", ".tmpl"].iter().any(|ending| name.ends_with(ending)),
    };
    let included = hint.is_some_and(|hint| hint.reader == Reader::CloudFormation);
    // Functions of CloudFormation in a definition mean that a template includes it.
    let functions = if included || text.as_str().contains("Fn::") { Functions::Long } else { Functions::None };
    let api = hint.map(|hint| hint.api).or_else(|| signs(root).api()).or(settings.api);
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
    if let Some(paths) = root.get("paths") {
        finder.paths(paths);
    }
}

/// The signs of REST and HTTP, in all of a definition.
fn signs(root: &Node<'_>) -> Signs {
    let mut signs = Signs::of_root(root);
    if root.at(&["components", SHARED]).is_some() {
        signs.http();
    }
    let mut seen = BTreeSet::new();
    for path in root.get("paths").into_iter().flat_map(|paths| paths.entries()) {
        if path.key.text() == Some("$default") {
            signs.http();
        }
        for operation in path.value.entries().filter(|operation| is_method(operation)) {
            let Some(integration) = operation.value.get(INTEGRATION) else { continue };
            if operation.value.get("x-amazon-apigateway-request-validator").is_some() {
                signs.rest();
            }
            if seen.insert(integration.resolved().id()) {
                let kind = integration.get("type").and_then(|kind| kind.text()).unwrap_or_default();
                signs.see(integration, kind);
            }
        }
    }
    signs
}

fn is_method(operation: &Entry<'_>) -> bool {
    operation.key.text().is_some_and(|key| METHODS.contains(&key.to_ascii_lowercase().as_str()))
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

    fn paths(&mut self, paths: &Node<'a>) {
        for path in paths.entries() {
            let name = self.key(&path.key);
            if name.starts_with("Fn::ForEach::") {
                // A list of the variable, its values and what is repeated.
                let repeated = path.value.items().and_then(|items| items.last());
                repeated.into_iter().for_each(|template| self.paths(template));
            } else if name == "Fn::Transform" {
                let reason = "paths of another file, by AWS::Include: give that file as well";
                self.found.leave(path.key.start(), self.prefix.to_owned() + "paths", reason);
            } else if self.seen.insert(path.value.resolved().id()) {
                self.operations(&name, path);
            }
        }
    }

    fn operations(&mut self, path: &str, item: &Entry<'a>) {
        for operation in item.value.entries().filter(|operation| is_method(operation)) {
            let method = operation.key.text().unwrap_or_default().to_ascii_uppercase();
            let method = if method == "X-AMAZON-APIGATEWAY-ANY-METHOD" { "ANY" } else { &method };
            let name = format!("{}{method} {path}", self.prefix);
            let entry = operation.value.entries().find(|entry| entry.key.text() == Some(INTEGRATION));
            let Some(entry) = entry else { continue };
            let declared = self.declared(&[&item.value, &operation.value]);
            self.integration(entry, name, declared);
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
                self.found.leave(at, name, "it refers to another definition, which isn't looked for");
            }
            return;
        }
        let kind = match node.get("type") {
            Some(kind) => self.dialect.text(kind, self.text),
            None => return self.found.leave(at, name, "it has no type, or is computed"),
        };
        let subtype = node.get("integrationSubtype").is_some();
        match why_left(kind.as_deref(), subtype) {
            Some(reason) => return self.found.leave(at, name, reason),
            None => {}
        }
        let Some(api) = self.api else {
            return self.found.undecided.push((at, name));
        };
        let range = at..entry.value.written_end();
        let integration = Integration {
            name,
            range,
            api,
            drops_headers: kind.is_some_and(|kind| kind.eq_ignore_ascii_case("http")),
            uri: node.get("uri").map(|uri| self.dialect.pieces(uri, self.text)).unwrap_or_default(),
            place: place(&entry.value, &["requestParameters"]),
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

/// Why an integration of this type reaches no application over HTTP.
pub(super) fn why_left(kind: Option<&str>, subtype: bool) -> Option<&'static str> {
    let Some(kind) = kind else {
        return Some("its type is computed");
    };
    match kind.to_ascii_uppercase().replace('-', "_").as_str() {
        "HTTP_PROXY" | "HTTP" => None,
        "AWS_PROXY" | "LAMBDA" | "LAMBDA_PROXY" if !subtype => {
            Some("Lambda: it gets the request as an event, which has what the headers have")
        }
        "AWS" | "AWS_PROXY" => Some("AWS: its parameters are those of a service's call"),
        "MOCK" => Some("MOCK: it reaches no application"),
        _ => Some("its type isn't known"),
    }
}

/// Where the mappings of an integration are, or are to be. The last of `keys` is theirs, each in the one before.
pub(super) fn place<'a>(integration: &Rc<Node<'a>>, keys: &[&'static str]) -> Place<'a> {
    let mut within = target(integration);
    let mut rest = keys;
    while let [key, deeper @ ..] = rest {
        if within.mapping().is_none() {
            return Place::Unreadable("its mappings are computed");
        }
        let Some(value) = within.get(key) else {
            return Place::Absent { within, keys: rest.to_vec() };
        };
        if matches!(value.value, Value::Empty) && value.tag.is_none() && deeper.is_empty() {
            return Place::Empty { within, key };
        }
        within = target(value);
        rest = deeper;
    }
    match within.mapping() {
        // A function of CloudFormation, which gives the whole map.
        Some(map) if within.tag.is_none() && !map.entries.iter().any(|entry| is_function(entry)) => Place::Map(within),
        _ => Place::Unreadable("its mappings are computed"),
    }
}

fn is_function(entry: &Entry<'_>) -> bool {
    entry.key.text().is_some_and(|key| key.starts_with("Fn::") || key == "Ref")
}

/// The node itself, or what it is an alias of.
fn target<'a>(node: &Rc<Node<'a>>) -> Rc<Node<'a>> {
    match &node.value {
        Value::Alias(target) => Rc::clone(target),
        _ => Rc::clone(node),
    }
}
