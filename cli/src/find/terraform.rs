//! Terraform: resources, definitions inside them, and the module `terraform-aws-modules/apigateway-v2`.

use std::collections::HashMap;
use std::rc::Rc;

use super::found::{Declared, Found, Integration, Keys};
use super::module::Module;
use super::place::place_with;
use super::protocol::{self, by_settings, Protocol};
use super::reach::why_left;
use super::reason::Reason;
use super::settings::Settings;
use crate::dialect::{Dialect, Region};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Node, Shape};

pub(super) fn find<'a>(root: &Node<'a>, text: &Text, settings: &Settings<'_>, found: &mut Found<'a>) {
    let module = settings.modules.of(settings.path);
    let region = module.region.clone().map_or_else(|| settings.given_region(), Region::Terraform);
    let own = Rc::new(Dialect::plain(region));
    let given = Rc::new(Dialect::plain(settings.given_region()));
    let mut finder = Finder { module, locals: locals(root), dialect: Rc::clone(&own), text, found };
    for block in root.entries() {
        // Another provider may be one of another region.
        let other = ["provider", "providers"].iter().any(|key| block.value.get(key).is_some());
        finder.dialect = Rc::clone(if other { &given } else { &own });
        finder.block(block);
    }
    commands(text, found);
}

fn locals<'a>(root: &Node<'a>) -> HashMap<String, Rc<Node<'a>>> {
    let blocks = root.entries().filter(|block| block.key.text() == Some("locals"));
    let values = blocks.flat_map(|block| block.value.entries());
    values.filter_map(|local| Some((local.key.text()?.to_owned(), Rc::clone(&local.value)))).collect()
}

/// How sources of the module are written: in the registry, and at its repository.
const MODULES: [&str; 2] =
    ["terraform-aws-modules/apigateway-v2/", "terraform-aws-modules/terraform-aws-apigateway-v2"];

const WEB_SOCKET: &str = "WebSocket API: not supported";

/// Integrations that a script makes, by the AWS CLI.
fn commands(text: &Text, found: &mut Found<'_>) {
    for command in ["apigateway put-integration", "apigatewayv2 create-integration"] {
        for (at, command) in text.as_str().match_indices(command) {
            // `put-integration-response` is another command.
            let is_longer = text.slice(at + command.len()..text.line_end(at)).starts_with('-');
            if is_longer || text.before_on_line(at).trim_start().starts_with(['#', '/']) {
                continue;
            }
            let reason = Reason::not_checked("created by the AWS CLI: add the mappings to the command");
            found.leave(at, format!("aws {command}"), reason);
        }
    }
}

/// What the settings of an integration are called.
struct Names {
    api: Api,
    kind: &'static str,
    default_kind: Option<&'static str>,
    subtype: &'static str,
    uri: &'static str,
}

const REST: Names =
    Names { api: Api::Rest, kind: "type", default_kind: None, subtype: "integration_subtype", uri: "uri" };
const HTTP: Names = Names {
    api: Api::Http,
    kind: "integration_type",
    default_kind: None,
    subtype: "integration_subtype",
    uri: "integration_uri",
};
const SETTINGS: protocol::Settings = protocol::Settings {
    parameters: "request_parameters",
    http: "payload_format_version",
    web_socket: ["request_templates", "template_selection_expression", "content_handling_strategy"],
};
const MODULE: Names =
    Names { api: Api::Http, kind: "type", default_kind: Some("AWS_PROXY"), subtype: "subtype", uri: "uri" };

pub(super) struct Finder<'f, 'a> {
    module: Rc<Module>,
    /// The locals of this file.
    locals: HashMap<String, Rc<Node<'a>>>,
    pub(super) dialect: Rc<Dialect>,
    pub(super) text: &'f Text,
    pub(super) found: &'f mut Found<'a>,
}

impl<'a> Finder<'_, 'a> {
    fn block(&mut self, block: &Entry<'a>) {
        let key = block.key.text().unwrap_or_default();
        let words: Vec<_> = key.split(' ').collect();
        match words.as_slice() {
            ["resource", "aws_api_gateway_integration", name] => {
                self.resource(block, &format!("aws_api_gateway_integration.{name}"), &REST);
            }
            ["resource", "aws_apigatewayv2_integration", name] => self.integration(block, name),
            ["resource", "aws_api_gateway_rest_api", name] => {
                self.body(block, &format!("aws_api_gateway_rest_api.{name}"), Api::Rest);
            }
            ["resource", "aws_apigatewayv2_api", name] => {
                let name = format!("aws_apigatewayv2_api.{name}");
                if let Some(target) = block.value.get("target") {
                    let reason = "quick-create: its integration takes no mappings; replace `target` by an \
                                  aws_apigatewayv2_integration and an aws_apigatewayv2_route";
                    let reason = Reason::quick_create(reason, &self.dialect.pieces(target, self.text));
                    return self.found.leave(block.key.start(), name, reason);
                }
                self.body(block, &name, Api::Http);
            }
            ["resource", "aws_api_gateway_deployment", ..] if block.value.get("triggers").is_none() => {
                self.found.deployment = Some(
                    "the aws_api_gateway_deployment needs `triggers` that depend on the integrations to be replaced",
                );
            }
            ["module", name] => self.module(block, name),
            _ => {}
        }
    }

    fn integration(&mut self, block: &Entry<'a>, name: &str) {
        let label = format!("aws_apigatewayv2_integration.{name}");
        let api = self.named(&block.value, "api_id", "aws_apigatewayv2_api");
        let protocol = api.and_then(|api| self.module.protocols.get(&api).cloned().flatten());
        let kind = block.value.get(HTTP.kind).and_then(|kind| kind.text());
        let web_socket = match protocol.as_deref() {
            Some(protocol) => protocol == "WEBSOCKET",
            None => by_settings(&block.value, kind, &SETTINGS) == Some(Protocol::WebSocket),
        };
        match web_socket {
            true => self.found.leave(block.key.start(), label, WEB_SOCKET),
            false => self.resource(block, &label, &HTTP),
        }
    }

    fn resource(&mut self, block: &Entry<'a>, name: &str, names: &Names) {
        let integration = self.read(block, &block.value, name.to_owned(), names);
        let method = self.named(&block.value, "http_method", "aws_api_gateway_method");
        let declared = match (names.api, method.and_then(|method| self.module.methods.get(&method).cloned().flatten()))
        {
            (Api::Http, _) => Declared::NotNeeded,
            (Api::Rest, Some(parameters)) => Declared::Names(parameters),
            (Api::Rest, None) => Declared::Unknown,
        };
        match integration {
            Ok(integration) => self.found.integrations.push(Integration { declared, ..integration }),
            Err(reason) => self.found.leave(block.key.start(), name, reason),
        }
    }

    /// An integration whose settings are those of a node, or why it is none that reaches an application.
    fn read(
        &self,
        entry: &Entry<'a>,
        node: &Rc<Node<'a>>,
        name: String,
        names: &Names,
    ) -> Result<Integration<'a>, Reason> {
        let kind = match node.get(names.kind) {
            Some(kind) => self.dialect.text(kind, self.text),
            None => names.default_kind.map(str::to_owned),
        };
        if let Some(reason) = why_left(kind.as_deref(), node.get(names.subtype).is_some()) {
            return Err(reason);
        }
        Ok(Integration {
            name,
            range: entry.key.start()..entry.value.range().end,
            api: names.api,
            drops_headers: kind.is_some_and(|kind| kind.eq_ignore_ascii_case("HTTP")),
            uri: node.get(names.uri).map(|uri| self.dialect.pieces(uri, self.text)).unwrap_or_default(),
            place: place_with(node, &["request_parameters"], &|name| self.locals.get(name).map(Rc::clone)),
            keys: Keys::Gateway,
            declared: Declared::NotNeeded,
            dialect: Rc::clone(&self.dialect),
        })
    }

    /// The name of a resource of a kind in an expression such as `aws_apigatewayv2_api.orders[0].id`.
    fn named(&self, node: &Node<'_>, attribute: &str, kind: &str) -> Option<String> {
        let expression = self.text.slice(node.get(attribute)?.range()).trim().trim_start_matches("\"${");
        let name = expression.strip_prefix(kind)?.strip_prefix('.')?;
        Some(name.split(['.', '[']).next()?.to_owned())
    }

    /// `routes` of `terraform-aws-modules/apigateway-v2`.
    fn module(&mut self, block: &Entry<'a>, name: &str) {
        let source = block.value.get("source").and_then(|source| source.text()).unwrap_or_default();
        let (at, label) = (block.key.start(), format!("module.{name}"));
        if source.starts_with('.') {
            let reason = Reason::elsewhere(format!("a module in {source}"), source);
            return self.found.leave(at, label, reason);
        }
        if !MODULES.iter().any(|module| source.contains(module)) {
            return;
        }
        if block.value.get("protocol_type").and_then(|protocol| protocol.text()) == Some("WEBSOCKET") {
            return self.found.leave(at, label, WEB_SOCKET);
        }
        if block.value.get("integrations").is_some() {
            let reason = Reason::not_checked("`integrations` of the module's versions before 5 are not supported");
            self.found.leave(at, label.clone(), reason);
        }
        self.body(block, &label, Api::Http);
        let Some(routes) = block.value.get("routes") else { return };
        if routes.mapping().map(|routes| routes.shape) != Some(Shape::HclObject) {
            return self.found.leave(at, label, Reason::not_checked("the routes are computed"));
        }
        for route in routes.entries() {
            let name = format!("{label} {}", route.key.text().unwrap_or("(computed)"));
            let Some(integration) = route.value.get("integration") else { continue };
            match self.read(route, integration, name.clone(), &MODULE) {
                Ok(integration) => self.found.integrations.push(integration),
                Err(reason) => self.found.leave(route.key.start(), name, reason),
            }
        }
    }
}
