//! The Serverless Framework: events of functions, and CloudFormation's resources. Both may be in files of their own.

use std::rc::Rc;

use super::cloudformation;
use super::found::{Declared, Found, Integration, Keys, Reader};
use super::place::place;
use super::reach::why_left;
use super::reason::Reason;
use super::settings::Settings;
use crate::dialect::{Dialect, Functions, Region};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Node};

/// Variables that nobody else has. Files with them are parts of a service.
const VARIABLES: [&str; 8] = ["${self:", "${opt:", "${sls:", "${env:", "${param:", "${file(", "${ssm:", "${aws:"];

/// Whether the framework replaces variables in a template.
pub(super) fn has_variables(text: &Text) -> bool {
    VARIABLES.iter().any(|variable| text.as_str().contains(variable))
}

/// Whether a file holds functions of a service, or one, and another file the rest.
pub(super) fn is_part(root: &Rc<Node<'_>>) -> bool {
    let functions = parts(root).into_iter().flat_map(|part| part.entries()).map(|function| &function.value);
    let events = functions.chain([root]).filter_map(|function| function.get("events"));
    let kinds = events.filter_map(|events| events.items()).flatten().flat_map(|event| event.entries());
    kinds.into_iter().any(|kind| kind.key.text() == Some("http") && kind.value.get("integration").is_some())
}

pub(super) fn find<'a>(root: &Rc<Node<'a>>, text: &Text, settings: &Settings<'_>, found: &mut Found<'a>) {
    let dialect = Dialect { serverless_variables: true, ..Dialect::plain(Region::Serverless) };
    let mut finder = Finder { dialect: Rc::new(dialect.clone()), text, found };
    let functions = if root.get("service").is_some() { root.get("functions") } else { Some(root) };
    // `functions` and `resources` are mappings, or lists of them.
    for functions in functions.into_iter().flat_map(parts) {
        match is_function(functions) {
            true => finder.function("function", functions),
            false => finder.functions(functions),
        }
    }
    let dialect = Rc::new(Dialect { functions: Functions::Short, region: Region::CloudFormation, ..dialect });
    for part in root.get("resources").into_iter().flat_map(parts) {
        let is_read = !finder.is_elsewhere(part, "resources");
        let resources = part.get("Resources").filter(|_| is_read);
        if let Some(resources) = resources.filter(|resources| !finder.is_elsewhere(resources, "resources.Resources")) {
            cloudformation::find_in(resources, Rc::clone(&dialect), text, settings, finder.found);
        }
    }
}

/// A function in a file of its own.
fn is_function(node: &Node<'_>) -> bool {
    node.get("handler").or_else(|| node.get("image")).is_some_and(|code| code.text().is_some())
        || node.get("events").is_some_and(|events| events.items().is_some())
}

fn parts<'n, 'a>(node: &'n Rc<Node<'a>>) -> Vec<&'n Node<'a>> {
    match node.items() {
        Some(items) => items.iter().map(Rc::as_ref).collect(),
        None => vec![node],
    }
}

struct Finder<'f, 'a> {
    dialect: Rc<Dialect>,
    text: &'f Text,
    found: &'f mut Found<'a>,
}

impl<'a> Finder<'_, 'a> {
    /// Whether a variable stands in the place of a part, which is said.
    fn is_elsewhere(&mut self, part: &Node<'a>, name: &str) -> bool {
        let Some(variable) = part.text().filter(|text| text.starts_with("${")) else { return false };
        let path = variable.strip_prefix("${file(").and_then(|rest| rest.split_once(')')).map(|(path, _)| path.trim());
        match path.filter(|path| !path.contains("${")) {
            Some(path) => {
                self.found.leave(part.start(), name, Reason::elsewhere(format!("in another file ({path})"), path));
                self.found.refer(path, None, Reader::Serverless);
            }
            None => self.found.leave(part.start(), name, "computed"),
        }
        true
    }

    fn functions(&mut self, functions: &Node<'a>) {
        if self.is_elsewhere(functions, "functions") {
            return;
        }
        for function in functions.entries() {
            let name = format!("functions.{}", function.key.text().unwrap_or_default());
            self.function(&name, &function.value);
        }
    }

    fn function(&mut self, name: &str, function: &Node<'a>) {
        let Some(events) = function.get("events").filter(|events| !self.is_elsewhere(events, name)) else {
            self.is_elsewhere(function, name);
            return;
        };
        for event in events.items().into_iter().flatten().filter(|event| event.mapping().is_some()) {
            event.entries().for_each(|kind| self.event(kind, name));
        }
        for event in events.items().into_iter().flatten() {
            self.is_elsewhere(event, name);
        }
    }

    fn event(&mut self, event: &Entry<'a>, function: &str) {
        let at = event.key.start();
        let kind = event.key.text().unwrap_or_default();
        if !matches!(kind, "http" | "httpApi") {
            return;
        }
        if self.is_elsewhere(&event.value, function) {
            return;
        }
        let (dialect, text) = (&self.dialect, self.text);
        let field = |name| event.value.get(name).and_then(|value| value.text());
        // `http: GET /orders` and a mapping without `integration` are Lambda proxies.
        let integration = event.value.get("integration").filter(|_| kind == "http");
        let integration = integration.map_or(Some("lambda-proxy".to_owned()), |value| dialect.text(value, text));
        let path = field("path").or(event.value.text()).unwrap_or_default();
        let name = format!("{function} {} {path}", field("method").unwrap_or_default().to_ascii_uppercase());
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = place(&event.value, &["request", "parameters", "headers"]);
        if let Some(reason) = why_left(integration.as_deref(), false) {
            return self.found.leave_integration(at, name, reason, &place);
        }
        let paths = event.value.at(&["request", "parameters", "paths"]);
        let declared = paths.into_iter().flat_map(|node| node.entries()).filter_map(|entry| entry.key.text());
        self.found.integrations.push(Integration {
            name,
            range: at..event.written_end(),
            api: Api::Rest,
            drops_headers: integration.is_some_and(|kind| kind.eq_ignore_ascii_case("http")),
            uri: event.value.at(&["request", "uri"]).map(|uri| dialect.pieces(uri, text)).unwrap_or_default(),
            place,
            keys: Keys::Serverless,
            declared: Declared::Names(declared.map(str::to_owned).collect()),
            dialect: Rc::clone(dialect),
        });
    }
}
