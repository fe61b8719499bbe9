//! Templates that a generator writes, in every way that it knows.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{json, Map, Value};

use apigateway_inferred_span::Proxy;

use crate::documents::integrations;
use crate::interpreter::{assert_believed, Api};
use crate::support::{folder, is_contained, read, run};

/// An integration, and how it is written.
#[derive(Debug, Clone)]
struct Written {
    kind: &'static str,
    mappings: Mappings,
    flow: bool,
    quote: char,
    comment: bool,
    last: Last,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mappings {
    Absent,
    /// In YAML, a key without a value.
    Empty,
    Some(usize),
}

/// What an integration ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Uri,
    Block,
    List,
}

#[derive(Debug, Clone)]
struct Template {
    api: bool,
    integrations: Vec<Written>,
    step: usize,
    crlf: bool,
    ends: bool,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    OpenApi,
    Resources,
    Sam,
    Pretty,
    Compact,
    Terraform,
}

fn template() -> impl Strategy<Value = Template> {
    let mappings = prop_oneof![Just(Mappings::Absent), Just(Mappings::Empty), (1..4usize).prop_map(Mappings::Some)];
    let kind = prop_oneof![3 => Just("HTTP_PROXY"), 1 => Just("AWS_PROXY")];
    let last = prop_oneof![Just(Last::Uri), Just(Last::Block), Just(Last::List)];
    let quote = prop_oneof![Just(' '), Just('"'), Just('\'')];
    let integration = (kind, mappings, any::<bool>(), quote, any::<bool>(), last).prop_map(
        |(kind, mappings, flow, quote, comment, last)| Written { kind, mappings, flow, quote, comment, last },
    );
    let format = prop_oneof![
        Just(Format::OpenApi),
        Just(Format::Resources),
        Just(Format::Sam),
        Just(Format::Pretty),
        Just(Format::Compact),
        Just(Format::Terraform)
    ];
    let integrations = prop::collection::vec(integration, 1..5);
    (any::<bool>(), integrations, 1..5usize, any::<bool>(), any::<bool>(), format).prop_map(
        |(api, integrations, step, crlf, ends, format)| Template { api, integrations, step, crlf, ends, format },
    )
}

impl Template {
    fn api(&self) -> Api {
        if self.api {
            Api::Rest
        } else {
            Api::Http
        }
    }

    /// The mappings that an integration has already.
    fn own(&self, count: usize) -> Vec<(String, String)> {
        let own = (0..count).map(|index| match self.api() {
            Api::Rest => (format!("integration.request.header.x-own-{index}"), "context.stage".to_owned()),
            Api::Http => (format!("overwrite:header.x-own-{index}"), "$context.stage".to_owned()),
        });
        own.collect()
    }

    fn lines(&self, text: String) -> String {
        let text = if self.ends { text } else { text.trim_end().to_owned() };
        if self.crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    }

    fn write(&self) -> (&'static str, String) {
        match self.format {
            Format::OpenApi => ("a.yaml", self.lines(self.openapi(0))),
            Format::Sam => ("a.yaml", self.lines(self.sam())),
            Format::Resources => ("a.yaml", self.lines(self.resources())),
            Format::Pretty => ("a.json", self.lines(serde_json::to_string_pretty(&self.json()).expect("JSON"))),
            Format::Compact => ("a.json", self.json().to_string()),
            Format::Terraform => ("a.tf", self.lines(self.terraform())),
        }
    }

    fn indent(&self, depth: usize) -> String {
        " ".repeat(self.step * depth)
    }

    fn openapi(&self, depth: usize) -> String {
        let line = |deeper: usize, text: &str| format!("{}{text}\n", self.indent(depth + deeper));
        let sign = if self.api { "x-amazon-apigateway-policy" } else { "x-amazon-apigateway-cors" };
        let mut text = line(0, "openapi: 3.0.1 # written") + &line(0, &format!("{sign}: {{}}")) + &line(0, "paths:");
        for (index, integration) in self.integrations.iter().enumerate() {
            text += &line(1, &format!("/{index}:"));
            text += &line(2, "get:");
            text += &self.integration(
                integration,
                depth + 3,
                "x-amazon-apigateway-integration",
                ["type", "uri", "requestParameters"],
            );
        }
        text
    }

    fn sam(&self) -> String {
        let kind = if self.api { "Api" } else { "HttpApi" };
        let line = |depth: usize, text: &str| format!("{}{text}\n", self.indent(depth));
        line(0, "Transform: AWS::Serverless-2016-10-31")
            + &line(0, "Resources:")
            + &line(1, "Gateway:")
            + &line(2, &format!("Type: AWS::Serverless::{kind}"))
            + &line(2, "Properties:")
            + &line(3, "DefinitionBody:")
            + &self.openapi(4)
    }

    fn resources(&self) -> String {
        let line = |depth: usize, text: &str| format!("{}{text}\n", self.indent(depth));
        let mut text = line(0, "Resources:");
        for (index, integration) in self.integrations.iter().enumerate() {
            text += &line(1, &format!("I{index}:"));
            match self.api() {
                Api::Rest => {
                    text += &line(2, "Type: AWS::ApiGateway::Method");
                    text += &line(2, "Properties:");
                    text += &self.integration(integration, 3, "Integration", ["Type", "Uri", "RequestParameters"]);
                }
                Api::Http => {
                    text += &line(2, "Type: AWS::ApiGatewayV2::Integration");
                    let keys = ["IntegrationType", "IntegrationUri", "RequestParameters"];
                    text += &self.integration(integration, 2, "Properties", keys);
                }
            }
        }
        text
    }

    fn integration(&self, written: &Written, depth: usize, key: &str, [kind, uri, parameters]: [&str; 3]) -> String {
        let quoted = |text: &str| match written.quote {
            ' ' => text.to_owned(),
            quote => format!("{quote}{text}{quote}"),
        };
        let comment = if written.comment { " # a comment, with {braces}" } else { "" };
        let mut entries = vec![(kind, quoted(written.kind)), ("payloadFormatVersion", "'1.0'".to_owned())];
        if key == "Properties" {
            entries[1].0 = "PayloadFormatVersion";
        }
        if written.flow {
            let own = |count| {
                let own = self.own(count).into_iter().map(|(key, value)| format!("\"{key}\": \"{value}\""));
                own.collect::<Vec<_>>().join(", ")
            };
            match written.mappings {
                Mappings::Absent => {}
                Mappings::Empty => entries.push((parameters, "{}".to_owned())),
                Mappings::Some(count) => entries.push((parameters, format!("{{{}}}", own(count)))),
            }
            entries.push((uri, "http://a.example.com".to_owned()));
            let entries = entries.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>();
            return format!("{}{key}: {{{}}}{comment}\n", self.indent(depth), entries.join(", "));
        }
        let mut text = format!("{}{key}:{comment}\n", self.indent(depth));
        let line = |deeper: usize, text: &str| format!("{}{text}{comment}\n", self.indent(depth + deeper));
        for (key, value) in entries {
            text += &line(1, &format!("{}: {value}", quoted(key)));
        }
        let end = match written.last {
            Last::Uri => line(1, &format!("{uri}: http://a.example.com")),
            Last::Block => format!("{0}{uri}: >-\n{0} http://a.example.com\n\n", self.indent(depth + 1)),
            Last::List => {
                line(1, &format!("{uri}: http://a.example.com"))
                    + &line(1, "list:")
                    + &line(1, "- a")
                    + &line(1, "- {b: c}")
            }
        };
        let mappings = match written.mappings {
            Mappings::Absent => String::new(),
            Mappings::Empty => line(1, &format!("{parameters}:")),
            Mappings::Some(count) => {
                let own =
                    self.own(count).into_iter().map(|(key, value)| line(2, &format!("{}: {value}", quoted(&key))));
                line(1, &format!("{parameters}:")) + &own.collect::<String>()
            }
        };
        // What is last is what lines are added behind.
        match written.comment {
            true => text + &mappings + &end,
            false => text + &end + &mappings,
        }
    }

    fn json(&self) -> Value {
        let mut paths = Map::new();
        for (index, written) in self.integrations.iter().enumerate() {
            let mut integration = json!({"type": written.kind, "uri": "http://a.example.com"});
            let own =
                |count| self.own(count).into_iter().map(|(key, value)| (key, value.into())).collect::<Map<_, _>>();
            match written.mappings {
                Mappings::Absent => {}
                Mappings::Empty => integration["requestParameters"] = json!({}),
                Mappings::Some(count) => integration["requestParameters"] = own(count).into(),
            }
            paths.insert(format!("/{index}"), json!({"get": {"x-amazon-apigateway-integration": integration}}));
        }
        let sign = if self.api { "x-amazon-apigateway-policy" } else { "x-amazon-apigateway-cors" };
        json!({"openapi": "3.0.1", sign: {}, "paths": paths})
    }

    fn terraform(&self) -> String {
        let (resource, prefix) = match self.api() {
            Api::Rest => ("aws_api_gateway_integration", ""),
            Api::Http => ("aws_apigatewayv2_integration", "integration_"),
        };
        let mut text = "data \"aws_region\" \"current\" {}\n\n".to_owned();
        for (index, written) in self.integrations.iter().enumerate() {
            let indent = self.indent(1);
            let comment = if written.comment { " // a comment, with {braces}" } else { "" };
            let own = |count, between: &str| {
                let own = self.own(count).into_iter().map(|(key, value)| format!("\"{key}\" = \"{value}\""));
                own.collect::<Vec<_>>().join(between)
            };
            let mappings = match (written.mappings, written.flow) {
                (Mappings::Absent, _) => String::new(),
                (Mappings::Empty, _) => format!("{indent}request_parameters = {{}}{comment}\n"),
                (Mappings::Some(count), true) => {
                    format!("{indent}request_parameters = {{ {} }}{comment}\n", own(count, ", "))
                }
                (Mappings::Some(count), false) => {
                    let comma = if written.quote == '"' { "," } else { "" };
                    let lines = own(count, &format!("{comma}\n{indent}{indent}"));
                    format!("{indent}request_parameters = {{\n{indent}{indent}{lines}{comma}{comment}\n{indent}}}\n")
                }
            };
            let last = match written.last {
                Last::Uri => String::new(),
                Last::Block => format!("{indent}text = <<EOT\n}}\n{indent}a\nEOT\n"),
                Last::List => format!("{indent}list = [\n\"a\",\n]\n"),
            };
            text += &format!(
                "resource \"{resource}\" \"i{index}\" {{{comment}\n{indent}{prefix}type = \"{}\"\n\
                 {mappings}{indent}{prefix}uri = \"http://a.example.com\"\n{last}}}\n\n",
                written.kind
            );
        }
        text
    }
}

#[test]
fn generated_templates_are_patched_and_believed() {
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let result = runner.run(&template(), |template| {
        let (name, text) = template.write();
        let folder = folder("generated", &[(name, &text)]);
        let patch = ["patch", name, "--region", "eu-west-1"];
        let said = run(&folder, &patch);
        prop_assert_eq!(said.code, 0, "{}{}\n{}", said.out, said.err, text);
        let once = read(&folder.join(name));
        prop_assert!(is_contained(&text, &once), "{}\n{}", text, once);
        run(&folder, &patch);
        prop_assert_eq!(&read(&folder.join(name)), &once);
        let found = integrations(&folder.join(name), Some(template.api()));
        let reachable = template.integrations.iter().filter(|integration| integration.kind == "HTTP_PROXY");
        prop_assert_eq!(found.len(), reachable.count(), "{}", once);
        let proxy = if template.api { Proxy::RestApi } else { Proxy::HttpApi };
        found.iter().for_each(|integration| assert_believed(integration, proxy, true));
        prop_assert_eq!(run(&folder, &["check", "--strict", name]).code, 0);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
