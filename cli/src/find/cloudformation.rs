//! CloudFormation, SAM, and what CDK writes.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::found::{Declared, Found, Integration, Keys, Undecided};
use super::part::why_unread;
use super::place::place;
use super::protocol::{self, by_settings, Protocol};
use super::reach::why_left;
use super::reason::Reason;
use super::recognise::Kind;
use super::serverless;
use super::settings::Settings;
use crate::dialect::{Dialect, Functions, Region};
use crate::table::Api;
use crate::text::Text;
use crate::tree::{Entry, Node, NodeId};

/// Kinds of resources that may have integrations.
const KINDS: [&str; 5] = [
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::Serverless::",
];

const CHOICE: &str =
    "an HTTP or a WebSocket API: pass --api http, or leave it alone by a comment `apigw-headers: ignore`";

const SETTINGS: protocol::Settings = protocol::Settings {
    parameters: "RequestParameters",
    http: "PayloadFormatVersion",
    web_socket: ["RequestTemplates", "TemplateSelectionExpression", "ContentHandlingStrategy"],
};

pub(super) fn find<'a>(root: &Node<'a>, kind: Kind, text: &Text, settings: &Settings<'_>, found: &mut Found<'a>) {
    // A service of the Serverless Framework may have its resources in files of their own.
    let serverless_variables = settings.is_part_of_service() || serverless::has_variables(text);
    let own = root.get("Resources").map(Rc::as_ref);
    // `AWS::Include` doesn't know the short forms.
    let functions = if own.is_some() { Functions::Short } else { Functions::Long };
    let dialect = Dialect { functions, serverless_variables, ..Dialect::plain(Region::CloudFormation) };
    let Some(resources) = own.or_else(|| is_part(root).then_some(root)) else { return };
    if kind == Kind::CloudFormation && has(resources, "AWS::ApiGateway::Deployment") {
        found.deployment =
            Some("the AWS::ApiGateway::Deployment needs a new logical id, or the stage keeps its old mappings");
    }
    find_in(resources, Rc::new(dialect), text, settings, found);
}

/// Whether a file holds resources, and another file the rest of the template.
pub(super) fn is_part(root: &Node<'_>) -> bool {
    let mut kinds = root.entries().filter_map(|resource| kind_of(&resource.value));
    kinds.any(|kind| KINDS.iter().any(|start| kind.starts_with(start)))
}

fn has(resources: &Node<'_>, wanted: &str) -> bool {
    resources.entries().any(|resource| kind_of(&resource.value) == Some(wanted))
}

fn kind_of<'n>(resource: &'n Node<'_>) -> Option<&'n str> {
    resource.get("Type").and_then(|kind| kind.text())
}

/// The resources of a template, wherever they are.
pub(super) fn find_in<'a>(
    resources: &Node<'a>,
    dialect: Rc<Dialect>,
    text: &Text,
    settings: &Settings<'_>,
    found: &mut Found<'a>,
) {
    let mut finder = Finder { resources, dialect, text, settings, found, seen: BTreeSet::new() };
    finder.resources(resources);
}

pub(super) struct Finder<'f, 'a> {
    resources: &'f Node<'a>,
    pub(super) dialect: Rc<Dialect>,
    pub(super) text: &'f Text,
    settings: &'f Settings<'f>,
    pub(super) found: &'f mut Found<'a>,
    /// The templates of `Fn::ForEach` that aliases have led to already.
    seen: BTreeSet<NodeId>,
}

impl<'a> Finder<'_, 'a> {
    fn resources(&mut self, resources: &Node<'a>) {
        for resource in resources.entries() {
            let name = resource.key.text().unwrap_or_default();
            if name.starts_with("Fn::ForEach::") {
                // A list of the variable, its values and what is repeated.
                let repeated = resource.value.items().and_then(|items| items.last());
                if let Some(template) = repeated.filter(|template| self.seen.insert(template.resolved().id())) {
                    self.resources(template);
                }
            } else if name == "Fn::Transform" {
                let location = resource.value.at(&["Parameters", "Location"]);
                self.elsewhere(resource.key.start(), "Resources", "in another file", location);
            } else {
                self.resource(name, resource);
            }
        }
    }

    fn resource(&mut self, name: &str, resource: &Entry<'a>) {
        let at = resource.key.start();
        let kind = kind_of(&resource.value);
        let properties = resource.value.get("Properties");
        let is_computed = properties.is_some_and(|node| why_unread(node).is_some());
        if is_computed && kind.is_some_and(|kind| KINDS.iter().any(|start| kind.starts_with(start))) {
            return self.found.leave(at, name, Reason::not_checked("the properties are computed"));
        }
        match kind {
            Some("AWS::ApiGateway::Method") => self.method(name, resource),
            Some("AWS::ApiGatewayV2::Integration") => self.integration(name, resource),
            Some("AWS::ApiGateway::RestApi") => {
                self.import_parameters(name, resource);
                self.definition(name, resource, "Body", "BodyS3Location", Api::Rest);
            }
            Some("AWS::Serverless::Api") => {
                self.definition(name, resource, "DefinitionBody", "DefinitionUri", Api::Rest)
            }
            Some("AWS::Serverless::HttpApi") => {
                self.definition(name, resource, "DefinitionBody", "DefinitionUri", Api::Http);
            }
            Some("AWS::ApiGatewayV2::Api") => {
                if let Some(target) = resource.value.at(&["Properties", "Target"]) {
                    let reason = "quick-create: its integration takes no mappings; replace `Target` by an \
                                  AWS::ApiGatewayV2::Integration and an AWS::ApiGatewayV2::Route";
                    let reason = Reason::quick_create(reason, &self.dialect.pieces(target, self.text));
                    self.found.leave(at, name, reason);
                } else {
                    self.definition(name, resource, "Body", "BodyS3Location", Api::Http);
                }
            }
            Some("AWS::CloudFormation::Stack" | "AWS::Serverless::Application") => {
                let keys = ["TemplateURL", "Location"];
                let location = keys.iter().find_map(|key| resource.value.at(&["Properties", key]));
                self.elsewhere(at, name, "a nested stack", location);
            }
            Some("AWS::Serverless::Function") => {
                let events = resource.value.at(&["Properties", "Events"]);
                if events.is_some_and(|events| {
                    events.entries().any(|event| matches!(kind_of(&event.value), Some("Api" | "HttpApi")))
                }) {
                    self.found.leave(at, name, "Lambda: its event has the same values");
                }
            }
            _ => {}
        }
    }

    fn method(&mut self, name: &str, resource: &Entry<'a>) {
        let at = resource.key.start();
        let Some(integration) = resource.value.at(&["Properties"]).and_then(|node| node.get("Integration")) else {
            return self.found.leave(at, name, "MOCK: there is no application behind it");
        };
        let Some(kind) = integration.get("Type") else {
            let reason = Reason::not_checked("no type, or a computed integration");
            return self.found.leave(at, name, reason);
        };
        let place = place(integration, &["RequestParameters"]);
        let kind = self.dialect.text(kind, self.text);
        if let Some(reason) = why_left(kind.as_deref(), false) {
            return self.found.leave_integration(at, name, reason, &place);
        }
        let parameters = resource.value.at(&["Properties", "RequestParameters"]);
        let declared = parameters
            .into_iter()
            .flat_map(|node| node.entries())
            .filter_map(|entry| entry.key.text()?.strip_prefix("method.request.path.").map(str::to_owned));
        self.found.integrations.push(Integration {
            name: name.to_owned(),
            range: at..resource.written_end(),
            api: Api::Rest,
            drops_headers: kind.is_some_and(|kind| kind.eq_ignore_ascii_case("HTTP")),
            uri: integration.get("Uri").map(|uri| self.dialect.pieces(uri, self.text)).unwrap_or_default(),
            place,
            keys: Keys::Gateway,
            declared: Declared::Names(declared.collect()),
            dialect: Rc::clone(&self.dialect),
        });
    }

    fn integration(&mut self, name: &str, resource: &Entry<'a>) {
        let at = resource.key.start();
        let Some(properties) = resource.value.get("Properties") else { return };
        let kind = properties.get("IntegrationType").and_then(|kind| self.dialect.text(kind, self.text));
        let subtype = properties.get("IntegrationSubtype").is_some();
        let place = place(properties, &["RequestParameters"]);
        if let Some(reason) = why_left(kind.as_deref(), subtype) {
            return self.found.leave_integration(at, name, reason, &place);
        }
        let api = match self.protocol(properties, kind.as_deref()) {
            Some(Protocol::Http) => Api::Http,
            Some(Protocol::WebSocket) => {
                return self.found.leave_integration(at, name, "WebSocket API: not supported", &place);
            }
            None => match self.settings.api {
                Some(Api::Http) => Api::Http,
                _ => {
                    let (range, name) = (at..resource.written_end(), name.to_owned());
                    return self.found.undecided.push(Undecided { range, name, choice: CHOICE });
                }
            },
        };
        self.found.integrations.push(Integration {
            name: name.to_owned(),
            range: at..resource.written_end(),
            api,
            drops_headers: false,
            uri: properties.get("IntegrationUri").map(|uri| self.dialect.pieces(uri, self.text)).unwrap_or_default(),
            place,
            keys: Keys::Gateway,
            declared: Declared::NotNeeded,
            dialect: Rc::clone(&self.dialect),
        });
    }

    /// By the API that an integration names, or else by what only one of the two has.
    fn protocol(&self, properties: &Node<'a>, kind: Option<&str>) -> Option<Protocol> {
        let id = properties.get("ApiId");
        let api = id.and_then(|id| match id.resolved().tag.as_deref() {
            Some("!Ref") => id.scalar(),
            _ => id.get("Ref").and_then(|target| target.text()),
        });
        // SAM makes it out of the functions' events.
        if api == Some("ServerlessHttpApi") {
            return Some(Protocol::Http);
        }
        if let Some(api) = api.and_then(|api| self.resources.get(api)) {
            let protocol = api.at(&["Properties", "ProtocolType"]);
            match (kind_of(api), protocol.and_then(Node::text)) {
                (_, Some("WEBSOCKET")) => return Some(Protocol::WebSocket),
                (Some("AWS::Serverless::HttpApi"), _) => return Some(Protocol::Http),
                (Some("AWS::ApiGatewayV2::Api"), Some("HTTP")) => return Some(Protocol::Http),
                // A definition needs no protocol. One that is computed may be either.
                (Some("AWS::ApiGatewayV2::Api"), None) if protocol.is_none() => return Some(Protocol::Http),
                _ => {}
            }
        }
        by_settings(properties, kind, &SETTINGS)
    }
}
