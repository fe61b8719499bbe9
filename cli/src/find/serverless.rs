//! The Serverless Framework: events of functions, and CloudFormation's resources.

use std::rc::Rc;

use super::cloudformation;
use super::found::{Declared, Found, Integration, Keys};
use super::place::place;
use super::reach::why_left;
use super::settings::Settings;
use crate::dialect::{Dialect, Functions, Region};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Node};

pub(super) fn find<'a>(root: &Node<'a>, text: &Text, settings: &Settings<'_>, found: &mut Found<'a>) {
    let dialect = Dialect { serverless_variables: true, ..Dialect::plain(Region::Serverless) };
    let events = Rc::new(dialect.clone());
    // `functions` and `resources` are mappings, or lists of them.
    for functions in root.get("functions").into_iter().flat_map(parts) {
        for function in functions.entries() {
            let list = function.value.get("events").and_then(|events| events.items());
            for event in list.into_iter().flatten() {
                for kind in event.entries() {
                    let name = format!("functions.{}", function.key.text().unwrap_or_default());
                    find_event(kind, name, &events, text, found);
                }
            }
        }
    }
    let dialect = Rc::new(Dialect { functions: Functions::Short, region: Region::CloudFormation, ..dialect });
    for part in root.get("resources").into_iter().flat_map(parts) {
        if let Some(resources) = part.get("Resources") {
            cloudformation::find_in(resources, Rc::clone(&dialect), text, settings, found);
        }
    }
}

fn parts<'n, 'a>(node: &'n Rc<Node<'a>>) -> Vec<&'n Node<'a>> {
    match node.items() {
        Some(items) => items.iter().map(Rc::as_ref).collect(),
        None => vec![node],
    }
}

fn find_event<'a>(event: &Entry<'a>, function: String, dialect: &Rc<Dialect>, text: &Text, found: &mut Found<'a>) {
    let at = event.key.start();
    let kind = event.key.text().unwrap_or_default();
    if !matches!(kind, "http" | "httpApi") {
        return;
    }
    let field = |name| event.value.get(name).and_then(|value| value.text());
    // `http: GET /orders` and a mapping without `integration` are Lambda proxies.
    let integration = event.value.get("integration").filter(|_| kind == "http");
    let integration = integration.map_or(Some("lambda-proxy".to_owned()), |value| dialect.text(value, text));
    let path = field("path").or(event.value.text()).unwrap_or_default();
    let name = format!("{function} {} {path}", field("method").unwrap_or_default().to_ascii_uppercase());
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(reason) = why_left(integration.as_deref(), false) {
        return found.leave(at, name, reason);
    }
    let paths = event.value.at(&["request", "parameters", "paths"]);
    let declared = paths.into_iter().flat_map(|node| node.entries()).filter_map(|entry| entry.key.text());
    found.integrations.push(Integration {
        name,
        range: at..event.written_end(),
        api: Api::Rest,
        drops_headers: integration.is_some_and(|kind| kind.eq_ignore_ascii_case("http")),
        uri: event.value.at(&["request", "uri"]).map(|uri| dialect.pieces(uri, text)).unwrap_or_default(),
        place: place(&event.value, &["request", "parameters", "headers"]),
        keys: Keys::Serverless,
        declared: Declared::Names(declared.map(str::to_owned).collect()),
        dialect: Rc::clone(dialect),
    });
}
