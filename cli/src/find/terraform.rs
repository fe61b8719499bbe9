//! Terraform: resources, definitions inside them, and the module `terraform-aws-modules/apigateway-v2`.

use std::rc::Rc;

use super::found::{Declared, Found, Integration, Keys, Reader};
use super::module::Module;
use super::openapi::{self, place, why_left};
use super::settings::Settings;
use crate::dialect::{Dialect, Region};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Node, Piece, Shape, Value};

pub(super) fn find<'a>(root: &Node<'a>, text: &Text, settings: &Settings<'_>, found: &mut Found<'a>) {
    let module = Module::read(settings.path, root, text.as_str());
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
            found.leave(
                at,
                format!("aws {command}"),
                "a command of the AWS CLI makes it: give it the mappings by hand",
            );
        }
    }
}

struct Finder<'f, 'a> {
    module: Module,
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
                self.resource(block, &format!("aws_api_gateway_integration.{name}"), "type", "uri", Api::Rest);
            }
            ["resource", "aws_apigatewayv2_integration", name] => self.integration(block, name),
            ["resource", "aws_api_gateway_rest_api", name] => {
                self.body(block, &format!("aws_api_gateway_rest_api.{name}"), Api::Rest);
            }
            ["resource", "aws_apigatewayv2_api", name] => {
                let name = format!("aws_apigatewayv2_api.{name}");
                if block.value.get("target").is_some() {
                    let reason = "quick-create: its integration takes no mappings, so make it an \
                                  aws_apigatewayv2_integration and an aws_apigatewayv2_route";
                    return self.found.leave(block.key.start(), name, reason);
                }
                self.body(block, &name, Api::Http);
            }
            ["resource", "aws_api_gateway_deployment", ..] if block.value.get("triggers").is_none() => {
                self.found.deployment =
                    Some("give the aws_api_gateway_deployment `triggers`, or its stage keeps the old mappings");
            }
            ["module", name] => self.module(block, name),
            _ => {}
        }
    }

    fn integration(&mut self, block: &Entry<'a>, name: &str) {
        let label = format!("aws_apigatewayv2_integration.{name}");
        let protocol = self.named(&block.value, "api_id").map(|api| self.module.protocols.get(&api).cloned().flatten());
        match protocol.flatten().as_deref() {
            Some("WEBSOCKET") => {
                self.found.leave(block.key.start(), label, "WebSocket: its messages carry no headers");
            }
            _ => self.resource(block, &label, "integration_type", "integration_uri", Api::Http),
        }
    }

    fn resource(&mut self, block: &Entry<'a>, name: &str, kind: &str, uri: &str, api: Api) {
        let at = block.key.start();
        let kind = block.value.get(kind).and_then(|kind| self.dialect.text(kind, self.text));
        let subtype = block.value.get("integration_subtype").is_some();
        if let Some(reason) = why_left(kind.as_deref(), subtype) {
            return self.found.leave(at, name, reason);
        }
        let declared = match (api, self.named(&block.value, "http_method")) {
            (Api::Http, _) => Declared::NotNeeded,
            (Api::Rest, method) => {
                let known = method.and_then(|method| self.module.methods.get(&method).cloned().flatten());
                known.map_or(Declared::Unknown, Declared::Names)
            }
        };
        self.push(block, &block.value, name, kind.as_deref(), uri, "request_parameters", api, declared);
    }

    #[allow(clippy::too_many_arguments)] // An integration is where it is, what it is called and what it is of.
    fn push(
        &mut self,
        entry: &Entry<'a>,
        node: &Rc<Node<'a>>,
        name: &str,
        kind: Option<&str>,
        uri: &str,
        parameters: &'static str,
        api: Api,
        declared: Declared,
    ) {
        self.found.integrations.push(Integration {
            name: name.to_owned(),
            range: entry.key.start()..entry.value.range().end,
            api,
            drops_headers: kind.is_some_and(|kind| kind.eq_ignore_ascii_case("HTTP")),
            uri: node.get(uri).map(|uri| self.dialect.pieces(uri, self.text)).unwrap_or_default(),
            place: place(node, &[parameters]),
            keys: Keys::Gateway,
            declared,
            dialect: Rc::clone(&self.dialect),
        });
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
            return self.found.leave(at, name, "its definition is computed");
        };
        let (function, arguments) = call.as_ref();
        let reader = match function.as_str() {
            "templatefile" => Reader::TerraformTemplate,
            "file" => Reader::Nobody,
            // `jsonencode(yamldecode(file(..)))`
            _ => match arguments.first() {
                Some(inner) => return self.file(block, name, inner, api),
                None => return self.found.leave(at, name, "its definition is computed"),
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
                self.found.leave(at, name, format!("its definition is in {path}: give that file as well"));
                self.found.refer(path, api, reader);
            }
            _ => self.found.leave(at, name, "its definition is computed"),
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
            return self.found.leave(block.key.start(), format!("module.{name}"), "its routes are computed");
        }
        for route in routes.entries() {
            let name = format!("module.{name} {}", route.key.text().unwrap_or("(computed)"));
            let Some(integration) = route.value.get("integration") else { continue };
            // The module's own default.
            let kind =
                integration.get("type").map_or(Some("AWS_PROXY".to_owned()), |kind| self.dialect.text(kind, self.text));
            match why_left(kind.as_deref(), integration.get("subtype").is_some()) {
                Some(reason) => self.found.leave(route.key.start(), name, reason),
                None => self.push(
                    route,
                    integration,
                    &name,
                    kind.as_deref(),
                    "uri",
                    "request_parameters",
                    Api::Http,
                    Declared::NotNeeded,
                ),
            }
        }
    }
}
