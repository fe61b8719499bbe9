//! Terraform: resources, definitions inside them, and the module `terraform-aws-modules/apigateway-v2`.

use std::rc::Rc;

use super::found::{Declared, Found, Integration, Keys, Reader};
use super::module::Module;
use super::openapi;
use super::place::place;
use super::reach::why_left;
use super::settings::Settings;
use crate::dialect::{Dialect, Region};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Node, Piece, Shape, Value};

pub(super) fn find<'a>(root: &Node<'a>, text: &Text, settings: &Settings<'_>, found: &mut Found<'a>) {
    let module = settings.modules.of(settings.path);
    let region = module.region.clone().map_or_else(|| settings.given_region(), Region::Terraform);
    let dialect = Rc::new(Dialect::plain(region));
    let mut finder = Finder { module, dialect, text, found };
    for block in root.entries() {
        finder.block(block);
    }
    commands(text, found);
}

/// Integrations that a script makes, by the AWS CLI.
fn commands(text: &Text, found: &mut Found<'_>) {
    for command in ["apigateway put-integration", "apigatewayv2 create-integration"] {
        for (at, _) in text.as_str().match_indices(command) {
            found.leave(at, format!("aws {command}"), "created by the AWS CLI: add the mappings to the command");
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
const MODULE: Names =
    Names { api: Api::Http, kind: "type", default_kind: Some("AWS_PROXY"), subtype: "subtype", uri: "uri" };

struct Finder<'f, 'a> {
    module: Rc<Module>,
    dialect: Rc<Dialect>,
    text: &'f Text,
    found: &'f mut Found<'a>,
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
                if block.value.get("target").is_some() {
                    let reason = "quick-create: its integration takes no mappings; replace `target` by an \
                                  aws_apigatewayv2_integration and an aws_apigatewayv2_route";
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
        let protocol = self.named(&block.value, "api_id").map(|api| self.module.protocols.get(&api).cloned().flatten());
        // An HTTP API has no integrations of type `HTTP`.
        let kind = block.value.get(HTTP.kind).and_then(|kind| kind.text());
        match (protocol.flatten().as_deref(), kind) {
            (Some("WEBSOCKET"), _) | (None, Some("HTTP")) => {
                self.found.leave(block.key.start(), label, "WebSocket API: not supported");
            }
            _ => self.resource(block, &label, &HTTP),
        }
    }

    fn resource(&mut self, block: &Entry<'a>, name: &str, names: &Names) {
        let integration = self.read(block, &block.value, name.to_owned(), names);
        let method = self.named(&block.value, "http_method");
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
    ) -> Result<Integration<'a>, &'static str> {
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
            place: place(node, &["request_parameters"]),
            keys: Keys::Gateway,
            declared: Declared::NotNeeded,
            dialect: Rc::clone(&self.dialect),
        })
    }

    /// The resource's name in an expression such as `aws_apigatewayv2_api.orders.id` or `..orders[0].id`.
    fn named(&self, node: &Node<'_>, attribute: &str) -> Option<String> {
        let expression = self.text.slice(node.get(attribute)?.range()).trim();
        let name = expression.split('.').nth(1)?;
        Some(name.split('[').next()?.to_owned())
    }

    /// `body`: an object, a text, or another file's.
    fn body(&mut self, block: &Entry<'a>, name: &str, api: Api) {
        let Some(body) = block.value.get("body") else { return };
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
            return self.found.leave(at, name, "the definition is computed");
        };
        let (function, arguments) = call.as_ref();
        let reader = match function.as_str() {
            "templatefile" => Reader::TerraformTemplate,
            "file" => Reader::Nobody,
            // `jsonencode(yamldecode(file(..)))`
            _ => match arguments.first() {
                Some(inner) => return self.file(block, name, inner, api),
                None => return self.found.leave(at, name, "the definition is computed"),
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
                self.found.leave(at, name, format!("the definition is in {path}: pass that file too"));
                self.found.refer(path, api, reader);
            }
            _ => self.found.leave(at, name, "the definition is computed"),
        }
    }

    /// `routes` of `terraform-aws-modules/apigateway-v2`.
    fn module(&mut self, block: &Entry<'a>, name: &str) {
        let source = block.value.get("source").and_then(|source| source.text()).unwrap_or_default();
        if !source.starts_with("terraform-aws-modules/apigateway-v2/") {
            return;
        }
        let Some(routes) = block.value.get("routes") else { return };
        if routes.mapping().map(|routes| routes.shape) != Some(Shape::HclObject) {
            return self.found.leave(block.key.start(), format!("module.{name}"), "the routes are computed");
        }
        for route in routes.entries() {
            let name = format!("module.{name} {}", route.key.text().unwrap_or("(computed)"));
            let Some(integration) = route.value.get("integration") else { continue };
            match self.read(route, integration, name.clone(), &MODULE) {
                Ok(integration) => self.found.integrations.push(integration),
                Err(reason) => self.found.leave(route.key.start(), name, reason),
            }
        }
    }
}
