//! Reads documents as their tools do, by parsers that the command doesn't use.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{json, Value};

use crate::interpreter::{Api, Integration, REGION};
use crate::support::read;

/// A document as plain data, with functions of CloudFormation in their long forms.
pub(crate) fn data(path: &Path) -> Value {
    parse(&read(path), &path.to_string_lossy())
}

fn parse(text: &str, name: &str) -> Value {
    let text = text.trim_start_matches('\u{feff}');
    if name.ends_with(".tf") {
        return hcl::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    if name.contains(".json") {
        return serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let mut yaml: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    yaml.apply_merge().expect("merged");
    plain(yaml)
}

fn plain(yaml: serde_yaml_ng::Value) -> Value {
    use serde_yaml_ng::Value as Yaml;
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => value.into(),
        Yaml::Number(number) => json!(number.as_f64()),
        Yaml::String(text) => text.into(),
        Yaml::Sequence(items) => items.into_iter().map(plain).collect(),
        Yaml::Mapping(entries) => entries.into_iter().map(|(key, value)| (word(key), plain(value))).collect(),
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let long = if name == "Ref" { name.to_owned() } else { format!("Fn::{name}") };
            json!({ long: plain(tagged.value) })
        }
    }
}

fn word(key: serde_yaml_ng::Value) -> String {
    match plain(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The integrations that reach an application, as the gateway sees them.
pub(crate) fn integrations(path: &Path, api: Option<Api>) -> Vec<Integration> {
    let name = path.to_string_lossy().into_owned();
    let text = read(path);
    if name.ends_with(".tf") {
        return terraform(&text);
    }
    // What Terraform makes of a template, or the Serverless Framework of its variables.
    let text = match name.contains("template/") {
        true => expand(&text, |_| "value".to_owned(), "$${"),
        false => text,
    };
    let data = parse(&text, &name);
    if data.get("openapi").is_some() || data.get("swagger").is_some() {
        return openapi(&resolve(&data), api.expect("a kind of API"));
    }
    if data.get("service").is_some() {
        let expanded = expand(&text, serverless_variable, "$$$");
        return serverless(&parse(&expanded, &name));
    }
    resources(&data["Resources"])
}

/// Replaces `${..}`. What the escape stands before stays.
fn expand(text: &str, value: impl Fn(&str) -> String, escape: &str) -> String {
    let text = text.replace(escape, "\u{1}");
    let mut parts = text.split("${");
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').expect("a `}`");
        expanded += &value(name);
        expanded += rest;
    }
    expanded.replace('\u{1}', "${")
}

/// AWS's pseudo parameters pass; the framework knows nothing of `context`.
fn serverless_variable(name: &str) -> String {
    match name {
        "aws:region" => REGION.to_owned(),
        "self:custom.host" => "orders.example.com".to_owned(),
        name if name.starts_with("AWS::") => format!("${{{name}}}"),
        name => panic!("the Serverless Framework has no variable {name:?}"),
    }
}

/// What CloudFormation's functions give.
fn resolve(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(resolve).collect(),
        Value::Object(entries) => match entries.iter().next() {
            Some((name, argument)) if entries.len() == 1 && (name == "Ref" || name.starts_with("Fn::")) => {
                call(name, &resolve(argument))
            }
            _ => entries.iter().map(|(key, value)| (key.clone(), resolve(value))).collect(),
        },
        other => other.clone(),
    }
}

fn call(name: &str, argument: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or("computed").to_owned();
    match name {
        "Ref" if argument == "AWS::Region" => REGION.into(),
        "Ref" => text(argument).into(),
        "Fn::GetAtt" => "attribute".into(),
        "Fn::Sub" => {
            let template = argument.as_str().map_or_else(|| text(&argument[0]), str::to_owned);
            expand(
                &template,
                |name| if name == "AWS::Region" { REGION.to_owned() } else { name.replace("::", "") },
                "${!",
            )
            .into()
        }
        "Fn::Join" => {
            let parts: Vec<_> = argument[1].as_array().expect("a list").iter().map(text).collect();
            parts.join(&text(&argument[0])).into()
        }
        _ => json!({ name: argument }),
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn mappings(value: &Value) -> Vec<(String, String)> {
    let entries = value.as_object().cloned().unwrap_or_default();
    entries.into_iter().map(|(key, value)| (key, string(&value))).collect()
}

fn reaches(kind: &str) -> bool {
    matches!(kind, "HTTP" | "HTTP_PROXY")
}

fn openapi(document: &Value, api: Api) -> Vec<Integration> {
    let mut found = Vec::new();
    let shared = &document["components"]["x-amazon-apigateway-integrations"];
    for (name, definition) in shared.as_object().into_iter().flatten() {
        found.push(one(name, definition, api, None));
    }
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let integration = &operation["x-amazon-apigateway-integration"];
            if !integration.is_object() || integration.get("$ref").is_some() {
                continue;
            }
            let lists = [&item["parameters"], &operation["parameters"]];
            let declared = lists.iter().filter_map(|list| list.as_array()).flatten().map(|parameter| {
                let referred = parameter.get("$ref").map(|target| string(target).replace('#', ""));
                string(&referred.map_or(parameter, |target| document.pointer(&target).expect("a parameter"))["name"])
            });
            found.push(one(&format!("{method} {path}"), integration, api, Some(declared.collect())));
        }
    }
    found.retain(|integration| reaches(&integration.kind));
    found
}

fn one(name: &str, value: &Value, api: Api, declared: Option<BTreeSet<String>>) -> Integration {
    // A definition of a REST API may use variables that its import resolves, and stage variables.
    let clean = |text: String| text.replace("${AWS::Region}", REGION).replace("${stageVariables.url}", "a.example.com");
    let mappings = mappings(&value["requestParameters"]).into_iter().map(|(key, value)| (key, clean(value)));
    Integration {
        name: name.to_owned(),
        api,
        kind: string(&value["type"]).to_uppercase(),
        uri: clean(string(&value["uri"])),
        mappings: mappings.collect(),
        declared,
    }
}

fn resources(resources: &Value) -> Vec<Integration> {
    let mut found = Vec::new();
    for (name, resource) in resources.as_object().into_iter().flatten() {
        if name.starts_with("Fn::ForEach::") {
            found.extend(self::resources(&resource[2]));
            continue;
        }
        let properties = resolve(&resource["Properties"]);
        let body = |key: &str| properties.get(key).filter(|body| body.get("paths").is_some()).cloned();
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::ApiGateway::Method" => {
                let integration = &properties["Integration"];
                let declared = properties["RequestParameters"].as_object().into_iter().flatten();
                let declared =
                    declared.filter_map(|(key, _)| key.strip_prefix("method.request.path.")).map(str::to_owned);
                found.push(Integration {
                    name: name.clone(),
                    api: Api::Rest,
                    kind: string(&integration["Type"]),
                    uri: string(&integration["Uri"]),
                    mappings: mappings(&integration["RequestParameters"]),
                    declared: Some(declared.collect()),
                });
            }
            "AWS::ApiGatewayV2::Integration" if properties["ApiId"] != "Chat" => found.push(Integration {
                name: name.clone(),
                api: Api::Http,
                kind: string(&properties["IntegrationType"]),
                uri: string(&properties["IntegrationUri"]),
                mappings: mappings(&properties["RequestParameters"]),
                declared: None,
            }),
            "AWS::ApiGateway::RestApi" => {
                found.extend(body("Body").map(|body| openapi(&body, Api::Rest)).unwrap_or_default())
            }
            "AWS::ApiGatewayV2::Api" => {
                found.extend(body("Body").map(|body| openapi(&body, Api::Http)).unwrap_or_default())
            }
            "AWS::Serverless::Api" => {
                found.extend(body("DefinitionBody").map(|body| openapi(&body, Api::Rest)).unwrap_or_default());
            }
            "AWS::Serverless::HttpApi" => {
                found.extend(body("DefinitionBody").map(|body| openapi(&body, Api::Http)).unwrap_or_default());
            }
            _ => {}
        }
    }
    // Mappings that are computed are left alone.
    found.retain(|integration| reaches(&integration.kind) && integration.name != "Mappings");
    found
}

/// As the framework's `lib/method/integration.js` has it.
fn serverless(document: &Value) -> Vec<Integration> {
    let mut found = Vec::new();
    for (name, function) in document["functions"].as_object().into_iter().flatten() {
        for event in function["events"].as_array().into_iter().flatten() {
            let http = &event["http"];
            let kind = string(&http["integration"]).to_uppercase().replace('-', "_");
            if !reaches(&kind) {
                continue;
            }
            let parameters = &http["request"]["parameters"];
            let names = |key: &str| parameters[key].as_object().cloned().unwrap_or_default();
            let mut mappings = Vec::new();
            for (header, value) in names("headers") {
                let own = format!("method.request.header.{header}");
                let mapped = value["mappedValue"].as_str().map_or(own, str::to_owned);
                mappings.push((format!("integration.request.header.{header}"), mapped));
            }
            for path in names("paths").keys() {
                mappings.push((format!("integration.request.path.{path}"), format!("method.request.path.{path}")));
            }
            found.push(Integration {
                name: format!("{name} {}", http["path"]),
                api: Api::Rest,
                kind,
                uri: string(&http["request"]["uri"]),
                mappings,
                declared: Some(names("paths").keys().cloned().collect()),
            });
        }
    }
    for part in document["resources"].as_array().into_iter().flatten() {
        found.extend(resources(&part["Resources"]));
    }
    found
}

/// Evaluates what the resources and modules say of integrations.
fn terraform(text: &str) -> Vec<Integration> {
    let body: hcl::Body = hcl::from_str(text).expect("HCL");
    let mut found = Vec::new();
    for block in body.blocks() {
        let labels: Vec<_> = block.labels().iter().map(|label| label.as_str()).collect();
        let get = |key: &str| evaluate(block.body(), key);
        match labels.as_slice() {
            ["aws_api_gateway_integration", name] => found.push(Integration {
                name: (*name).to_owned(),
                api: Api::Rest,
                kind: string(&get("type")),
                uri: string(&get("uri")),
                mappings: mappings(&get("request_parameters")),
                declared: None,
            }),
            ["aws_apigatewayv2_integration", name] if *name != "merged" && *name != "chat" => found.push(Integration {
                name: (*name).to_owned(),
                api: Api::Http,
                kind: string(&get("integration_type")),
                uri: string(&get("integration_uri")),
                mappings: mappings(&get("request_parameters")),
                declared: None,
            }),
            ["aws_api_gateway_rest_api", name] => found.extend(definition(&get("body"), Api::Rest, name)),
            ["aws_apigatewayv2_api", name] => found.extend(definition(&get("body"), Api::Http, name)),
            ["gateway"] => {
                for (route, value) in get("routes").as_object().cloned().unwrap_or_default() {
                    let integration = &value["integration"];
                    found.push(Integration {
                        name: route,
                        api: Api::Http,
                        kind: string(&integration["type"]),
                        uri: string(&integration["uri"]),
                        mappings: mappings(&integration["request_parameters"]),
                        declared: None,
                    });
                }
            }
            _ => {}
        }
    }
    found.retain(|integration| reaches(&integration.kind));
    found
}

/// The text of a `body` is a definition in JSON or YAML.
fn definition(body: &Value, api: Api, name: &str) -> Vec<Integration> {
    match body.as_str() {
        Some(text) if text.contains("paths") => openapi(&parse(text, name), api),
        _ => Vec::new(),
    }
}

fn evaluate(body: &hcl::Body, key: &str) -> Value {
    use hcl::eval::{Context, Evaluate, FuncDef, ParamType};
    let mut context = Context::new();
    let region = hcl::value!({ current = { name = REGION, region = REGION } });
    context.declare_var("data", hcl::value!({ aws_region = region }));
    context.declare_var("var", hcl::value!({ host = "host.example.com", path = "a", other = "/b" }));
    context.declare_var("aws_lb", hcl::value!({ orders = { dns_name = "lb.example.com" } }));
    context.declare_var("aws_lb_listener", hcl::value!({ orders = { arn = "arn" } }));
    let encode = FuncDef::builder().param(ParamType::Any);
    let encode = encode.build(|arguments| Ok(serde_json::to_string(&arguments[0]).expect("JSON").into()));
    context.declare_func("jsonencode", encode);
    let Some(attribute) = body.attributes().find(|attribute| attribute.key() == key) else { return Value::Null };
    match attribute.expr().evaluate(&context) {
        Ok(value) => serde_json::to_value(&value).expect("JSON"),
        // Attributes of other resources, which nothing here depends on.
        Err(_) => Value::Null,
    }
}
