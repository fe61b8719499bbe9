//! What a document says in ways that aren't followed: it is said to be left alone, and never taken for something else.

use crate::support::{folder, read, run};

/// A file, what is said of it, and what must not be written into it.
struct Row {
    name: &'static str,
    file: &'static str,
    text: &'static str,
    said: &'static [&'static str],
    integrations: usize,
}

const fn row(
    name: &'static str,
    file: &'static str,
    text: &'static str,
    said: &'static [&'static str],
    integrations: usize,
) -> Row {
    Row { name, file, text, said, integrations }
}

const ROWS: [Row; 13] = [
    row(
        "web socket APIs of other modules",
        "main.tf",
        r#"
resource "aws_apigatewayv2_integration" "parameters" {
  api_id             = var.api_id
  integration_type   = "HTTP_PROXY"
  integration_uri    = "http://a"
  request_parameters = { "integration.request.header.a" = "'b'" }
}
resource "aws_apigatewayv2_integration" "templates" {
  api_id                        = module.orders.api_id
  integration_type              = "HTTP_PROXY"
  integration_uri               = "http://a"
  template_selection_expression = "$request.body.action"
}
module "chat" {
  source        = "terraform-aws-modules/apigateway-v2/aws"
  protocol_type = "WEBSOCKET"
  routes        = { "$connect" = { integration = { type = "HTTP_PROXY", uri = "http://a" } } }
}
"#,
        &["aws_apigatewayv2_integration.parameters (line 2), aws_apigatewayv2_integration.templates (line 8), module.chat (line 14): WebSocket API"],
        0,
    ),
    row(
        "the module by its repository, and its older versions",
        "main.tf",
        r#"
module "git" {
  source = "git::https://github.com/terraform-aws-modules/terraform-aws-apigateway-v2.git?ref=v5"
  routes = { "GET /a" = { integration = { type = "HTTP_PROXY", uri = "http://a" } } }
}
module "body" {
  source = "terraform-aws-modules/apigateway-v2/aws"
  body = jsonencode({ openapi = "3.0.1", paths = { "/b" = { get = { x-amazon-apigateway-integration = { type = "http_proxy", uri = "http://b" } } } } })
}
module "old" {
  source       = "registry.terraform.io/terraform-aws-modules/apigateway-v2/aws"
  integrations = { "GET /a" = { integration_type = "HTTP_PROXY", integration_uri = "http://a" } }
}
"#,
        &["module.git GET /a -> a (HTTP API", "module.body GET /b -> b (HTTP API", "module.old (line 10): `integrations` of"],
        2,
    ),
    row(
        "commands, but no others and no comments",
        "main.tf",
        r#"
# aws apigateway put-integration was here
resource "null_resource" "a" {
  provisioner "local-exec" {
    command = <<-EOT
      aws apigateway put-integration --type HTTP_PROXY
      aws apigateway put-integration-response --status-code 200
    EOT
  }
}
resource "aws_api_gateway_rest_api" "a" {}
"#,
        &["not checked: aws apigateway put-integration (line 6): created by the AWS CLI", "; 1 HTTP integration or definition not checked; 0 left alone"],
        0,
    ),
    row(
        "definitions of Terraform that are computed in part",
        "main.tf",
        r#"
resource "aws_apigatewayv2_api" "paths" {
  body = jsonencode({ paths = merge({ "/a" = { get = { x-amazon-apigateway-integration = { type = "http_proxy" } } } }, local.more) })
}
resource "aws_apigatewayv2_api" "for" {
  body = jsonencode({ paths = { for path in var.paths : path => local.item } })
}
resource "aws_apigatewayv2_api" "items" {
  body = jsonencode({
    paths = {
      "/a" = local.item
      "/b" = { get = merge(local.cors, {}) }
      "/c" = { get = { x-amazon-apigateway-integration = { type = "http_proxy", uri = "http://a" } } }
    }
  })
}
"#,
        &[
            "aws_apigatewayv2_api.paths paths (line 3), aws_apigatewayv2_api.for paths (line 6), \
             aws_apigatewayv2_api.items /a (line 11), aws_apigatewayv2_api.items GET /b (line 12): computed",
            "aws_apigatewayv2_api.items GET /c -> a",
        ],
        1,
    ),
    row(
        "parts of a definition in other files",
        "api.yaml",
        "openapi: 3.0.1\nx-amazon-apigateway-cors: {}\npaths:\n  /a:\n    $ref: ./a.yaml\n  /b:\n    get: {$ref: './b.yaml'}\n  /c: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: c.yaml}}}\n  /d: ${file(d.yaml)}\n",
        &[
            "not checked: /a (line 4): in another file (./a.yaml): pass that file too",
            "not checked: GET /b (line 7): in another file (./b.yaml): pass that file too",
            "not checked: /c (line 8): in another file (c.yaml): pass that file too",
            "not checked: /d (line 9): computed",
        ],
        0,
    ),
    row(
        "properties that are computed",
        "template.yaml",
        "Resources:\n  If:\n    Type: AWS::ApiGateway::Method\n    Properties: !If [A, {Integration: {Type: HTTP_PROXY}}, {}]\n  Include:\n    Type: AWS::ApiGateway::Method\n    Properties: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: a.yaml}}}\n  None:\n    Type: AWS::ApiGateway::Method\n    Properties: {HttpMethod: GET}\n  V2:\n    Type: AWS::ApiGatewayV2::Integration\n    Properties: !If [A, {}, {}]\n  Body:\n    Type: AWS::ApiGateway::RestApi\n    Properties: {Fn::If: [A, {Body: {}}, {}]}\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b.yaml}}\n",
        &[
            "not checked: If (line 2), Include (line 5), V2 (line 11), Body (line 14): the properties are computed",
            "left alone: None (line 8): MOCK",
            "left alone: Resources (line 17): in another file, which is no local file",
        ],
        0,
    ),
    row(
        "nested stacks, and the API that SAM makes by itself",
        "template.yaml",
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Nested:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: ./nested.yaml}\n  App:\n    Type: AWS::Serverless::Application\n    Properties: {Location: ./app.yaml}\n  I:\n    Type: AWS::ApiGatewayV2::Integration\n    Properties: {ApiId: !Ref ServerlessHttpApi, IntegrationType: HTTP_PROXY, IntegrationUri: http://a}\n",
        &["left alone: App (line 6): a nested stack (./app.yaml): pass that file too",
            "left alone: Nested (line 3): a nested stack (./nested.yaml): pass that file too",
            "I -> a (HTTP API"],
        1,
    ),
    row(
        "parts of a service in other files",
        "serverless.yml",
        "service: a\nprovider: {name: aws}\nfunctions:\n  - ${file(functions.yml)}\n  - a: {events: '${file(./a.yml):events}'}\n    b:\n      events:\n        - http: ${file(b.yml)}\n        - ${self:custom.event}\n    c: ${file(${self:custom.c}.yml)}\nresources:\n  Resources: ${file(resources.yml):Resources}\n",
        &[
            "functions (line 4): in another file (functions.yml): pass that file too",
            "functions.a (line 5): in another file (./a.yml): pass",
            "functions.b (line 8): in another file (b.yml): pass",
            "functions.b (line 9), functions.c (line 10): computed",
            "resources.Resources (line 12): in another file (resources.yml): pass",
        ],
        0,
    ),
    row(
        "variables that the gateway doesn't know",
        "api.yaml",
        "openapi: 3.0.1\nx-amazon-apigateway-policy: {}\npaths:\n  /a: {get: {x-amazon-apigateway-integration: {type: http_proxy, uri: 'http://${lb_dns}/'}}}\n  /b: {get: {x-amazon-apigateway-integration: {type: http_proxy, uri: 'http://${stageVariables.url}/${AWS::Region}'}}}\n",
        &["GET /a -> ${lb_dns}", "note  `${lb_dns}` is no variable of the gateway: if a tool reads this file as a template, pass"],
        2,
    ),
    row(
        "mappings that Terraform computes",
        "main.tf",
        r#"
resource "aws_api_gateway_integration" "variable" {
  type               = "HTTP_PROXY"
  uri                = "http://a"
  request_parameters = var.h
}
resource "aws_api_gateway_integration" "merged" {
  type               = "HTTP_PROXY"
  uri                = "http://a"
  request_parameters = merge(var.h, { "integration.request.header.a" = "'b'" })
}
resource "aws_api_gateway_integration" "lambda" {
  type               = "AWS_PROXY"
  request_parameters = var.h
}
# apigw-headers: ignore
resource "aws_api_gateway_rest_api" "ignored" {
  body = var.definition
}
module "other" {
  source = "./other"
}
"#,
        &[
            "not checked: aws_api_gateway_integration.variable (line 2), aws_api_gateway_integration.merged (line 7): \
             the mappings are computed",
            "aws_api_gateway_rest_api.ignored (line 17): ignored by a comment",
            "module.other (line 20): a module in ./other: pass that folder too",
            "; 2 HTTP integrations or definitions not checked; 3 left alone",
        ],
        0,
    ),
    row(
        "mappings that Terraform computes from maps of the file",
        "main.tf",
        r#"
locals {
  h    = { "integration.request.header.a" = "'b'" }
  loop = local.loop
}
resource "aws_api_gateway_integration" "other" {
  type               = "HTTP_PROXY"
  uri                = "http://a"
  request_parameters = var.a ? local.h : var.h
}
resource "aws_api_gateway_integration" "loop" {
  type               = "HTTP_PROXY"
  uri                = "http://a"
  request_parameters = local.loop
}
"#,
        &["not checked: aws_api_gateway_integration.other (line 6), aws_api_gateway_integration.loop (line 11): the mappings"],
        0,
    ),
    row(
        "mappings that the Serverless Framework computes",
        "serverless.yml",
        "service: a\nprovider: {name: aws}\nfunctions:\n  a:\n    events:\n      - http: {path: /a, method: get, integration: http-proxy, request: {uri: 'http://a', parameters: {headers: '${self:custom.h}'}}}\n",
        &["not checked: functions.a GET /a (line 6): the mappings are computed"],
        0,
    ),
    row(
        "a definition that SAM reads from elsewhere",
        "template.yaml",
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Local:\n    Type: AWS::Serverless::Api\n    Properties: {DefinitionUri: api.yaml}\n  Remote:\n    Type: AWS::Serverless::HttpApi\n    Properties: {DefinitionUri: 's3://a/b.yaml'}\n",
        &[
            "not checked: Local (line 3): the definition is in api.yaml: pass that file too",
            "not checked: Remote (line 6): the definition is not in a local file",
        ],
        0,
    ),
];

#[test]
fn what_is_not_followed_is_said() {
    for (index, Row { name, file, text, said: phrases, integrations }) in ROWS.iter().enumerate() {
        let folder = folder(&format!("unread-{index}"), &[(file, text)]);
        let said = run(&folder, &["patch", file]);
        assert_eq!(said.code, 0, "{name}: {}{}", said.out, said.err);
        for phrase in *phrases {
            assert!(said.out.contains(phrase), "{name}: {phrase}: {}", said.out);
        }
        let written = read(&folder.join(file)).matches("header.x-dd-proxy-stage").count();
        assert_eq!(written, *integrations, "{name}: {}", said.out);
        // Only by mistake is all well with what can't be read.
        let strict = run(&folder, &["check", file, "--strict", "--format", "github"]);
        assert_eq!(run(&folder, &["check", file]).code, 0, "{name}");
        let not_checked = said.out.matches("not checked: ").count() > 0;
        assert_eq!(strict.out.contains("::error") && strict.code == 1, not_checked, "{name}: {}", strict.out);
    }
}

#[test]
fn only_the_region_of_the_same_provider_is_taken() {
    let resource = "resource \"aws_apigatewayv2_integration\" \"a\" {\n  api_id           = var.api\n  integration_type = \"HTTP_PROXY\"\n  integration_uri  = \"http://a\"\n}\n";
    let elsewhere = resource.replace("api_id ", "provider         = aws.us\n  api_id ");
    for (data, resource, expected) in [
        ("data \"aws_region\" \"here\" {}\n", resource, Some("data.aws_region.here.name")),
        ("data \"aws_region\" \"us\" {\n  provider = aws.us\n}\n", resource, None),
        ("data \"aws_region\" \"some\" {\n  count = 1\n}\n", resource, None),
        (
            "data \"aws_region\" \"us\" {\n  provider = aws.us\n}\ndata \"aws_region\" \"z\" {}\n",
            resource,
            Some("data.aws_region.z.name"),
        ),
        ("data \"aws_region\" \"here\" {}\n", &elsewhere, None),
    ] {
        let folder = folder("regions", &[("main.tf", &format!("{data}{resource}"))]);
        let said = run(&folder, &["patch", "main.tf"]);
        assert_eq!(said.code, 0, "{}", said.err);
        let text = read(&folder.join("main.tf"));
        let written = text.lines().find_map(|line| {
            let value = line.trim().strip_prefix("\"overwrite:header.x-dd-proxy-region\"")?.trim_start();
            value.strip_prefix("= ")
        });
        assert_eq!(written, expected, "{data}{resource}");
        let hint = "pass --region, or declare `data \"aws_region\" \"current\" {}`\n";
        assert_eq!(said.out.contains(hint), expected.is_none(), "{}", said.out);
    }
}

#[test]
fn a_part_of_a_definition_is_one_too() {
    let include =
        |name: &str| format!("{{Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {name}.yaml}}}}}}");
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::HttpApi\n    Properties:\n      DefinitionBody:\n        openapi: 3.0.1\n        paths:\n          /b: {}\n          /c:\n            get: {}\n  Rest:\n    Type: AWS::Serverless::Api\n    Properties:\n      DefinitionBody:\n        swagger: '2.0'\n        paths: {}\n",
        include("path"),
        include("operation"),
        include("paths")
    );
    let operation = "x-amazon-apigateway-integration: {type: http_proxy, uri: http://a}\n";
    let path = format!("get: {{{}}}\n", operation.trim());
    let paths = format!("/a: {{{}}}\n", path.trim());
    let files = [
        ("template.yaml", template.as_str()),
        ("operation.yaml", operation),
        ("path.yaml", &path),
        ("paths.yaml", &paths),
    ];
    let folder = folder("parts", &files);
    let said = run(&folder, &["patch", "."]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("Note: a SAM template that includes this file deploys it only if"), "{}", said.out);
    for (name, kind) in
        [("operation", "operation -> a (HTTP API"), ("path", "GET -> a (HTTP API"), ("paths", "GET /a -> a (REST API")]
    {
        assert!(said.out.contains(kind), "{}", said.out);
        let text = read(&folder.join(format!("{name}.yaml")));
        // As `AWS::Include` knows it.
        let region = if name == "paths" { "{ \"Fn::Sub\": \"'${AWS::Region}'\" }" } else { "{ \"Ref\": AWS::Region }" };
        let region = region.replace("AWS::Region }", "\"AWS::Region\" }");
        assert!(text.contains(&region), "{text}");
    }
}

#[test]
fn parts_of_a_service_are_written_for_it() {
    let service = "service: a\nprovider: {name: aws}\nfunctions: ${file(functions.yml)}\nresources:\n  - ${file(sub/resources.yml)}\n";
    let functions = "proxy:\n  events:\n    - http:\n        path: /a\n        method: get\n        integration: http-proxy\n        request:\n          uri: http://a\n";
    let resources = "Resources:\n  I:\n    Type: AWS::ApiGatewayV2::Integration\n    Properties:\n      ApiId: !Ref Api\n      IntegrationType: HTTP_PROXY\n      IntegrationUri: http://b\n  Api:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {ProtocolType: HTTP}\n";
    let with_variable = resources.replace("http://b", "http://${self:custom.host}");
    for (name, service, resources, joined) in [
        ("by-reference", service, resources, true),
        ("by-variable", "service: a\nprovider: {name: aws}\nfunctions: ${file(functions.yml)}\n", &with_variable, true),
        ("alone", "a: 1\n", resources, false),
    ] {
        let files = [("serverless.yml", service), ("functions.yml", functions), ("sub/resources.yml", resources)];
        let folder = folder(&format!("service-{name}"), &files);
        let said = run(&folder, &["patch", "."]);
        assert_eq!(said.code, 0, "{name}: {}{}", said.out, said.err);
        assert!(said.out.contains("2 integrations in 2 documents patched"), "{name}: {}", said.out);
        let written = read(&folder.join("functions.yml"));
        assert!(written.contains("              mappedValue: \"'${aws:region}'\"\n"), "{name}: {written}");
        let written = read(&folder.join("sub/resources.yml"));
        assert_eq!(
            written.contains("!Join [\"\", [\"$\", \"{context.requestTimeEpoch}000\"]]"),
            joined,
            "{name}: {written}"
        );
        assert_eq!(run(&folder, &["check", ".", "--strict"]).code, 0);
    }
}

#[test]
fn files_that_were_passed_are_not_asked_for() {
    let template = "Transform: AWS::Serverless-2016-10-31\nResources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: nested/n.yaml}\n  A:\n    Type: AWS::Serverless::Api\n    Properties: {DefinitionUri: ./api.yaml}\n";
    let module = "module \"m\" {\n  source = \"./m\"\n}\nresource \"aws_api_gateway_rest_api\" \"a\" {\n  body = file(\"${path.module}/api.yaml\")\n}\n";
    let definition = "openapi: 3.0.1\nx-amazon-apigateway-policy: {}\npaths: {/a: {$ref: paths/a.yaml}}\n";
    let files = [
        ("template.yaml", template),
        ("nested/n.yaml", "Resources:\n  A: {Type: AWS::ApiGateway::RestApi, Properties: {Name: a}}\n"),
        ("main.tf", module),
        ("m/main.tf", "variable \"aws_api_gateway_x\" {}\n"),
        ("api.yaml", definition),
        ("paths/a.yaml", "get: {x-amazon-apigateway-integration: {type: mock}}\n"),
        ("serverless.yml", "service: a\nprovider: {name: aws}\nfunctions: {f: '${file(f.yml)}'}\n"),
        ("f.yml", "handler: a.b\nevents: [{http: GET /a}]\n"),
    ];
    let folder = folder("passed", &files);
    let said = run(&folder, &["check", ".", "--strict"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert!(!said.out.contains("pass that") && !said.out.contains("not checked"), "{}", said.out);
    assert!(said.out.contains("; 8 left alone"), "{}", said.out);
    let said = run(&folder, &["check", "template.yaml", "main.tf", "api.yaml", "serverless.yml", "--strict"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert_eq!(
        (said.out.matches("pass that file too").count(), said.out.matches("pass that folder too").count()),
        (3, 1)
    );
}

#[test]
fn a_function_in_a_file_of_its_own_is_a_part_too() {
    let service = "service: a\nprovider: {name: aws}\nfunctions:\n  thumbs: ${file(functions/thumbs.yml)}\n";
    let proxy = "handler: a.b\nevents:\n  - http: {path: /a, method: get, integration: http-proxy, request: {uri: 'http://a'}}\n";
    for (function, arguments, code, phrases) in [
        (proxy, &["."][..], 0, &["function GET /a -> a (REST API", "in another file (functions/thumbs.yml)\n"][..]),
        (proxy, &["functions/thumbs.yml"], 0, &["function GET /a -> a (REST API"]),
        (
            "handler: a.b\nevents:\n  - http: GET /a\n",
            &["serverless.yml", "functions/thumbs.yml"],
            0,
            &["left alone: function GET /a (line 3): Lambda"],
        ),
        ("handler: a.b\n", &["serverless.yml", "functions/thumbs.yml"], 0, &["; 1 left alone"]),
        // Nothing says what it is.
        ("handler: a.b\n", &["functions/thumbs.yml"], 2, &["not recognised"]),
        (proxy, &["serverless.yml"], 0, &["functions/thumbs.yml): pass that file too\n"]),
    ] {
        let folder = folder("function", &[("serverless.yml", service), ("functions/thumbs.yml", function)]);
        let said = run(&folder, &[&["patch"], arguments].concat());
        assert_eq!(said.code, code, "{function}: {}{}", said.out, said.err);
        for phrase in phrases {
            assert!(said.out.contains(phrase) || said.err.contains(phrase), "{phrase}: {}{}", said.out, said.err);
        }
    }
}

#[test]
fn a_protocol_that_is_computed_is_asked_for() {
    let api = "Resources:\n  Api:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {ProtocolType: !Ref Protocol}\n  I:\n    Type: AWS::ApiGatewayV2::Integration\n    Properties: {ApiId: !Ref Api, IntegrationType: HTTP_PROXY, IntegrationUri: http://a";
    for (properties, arguments, code, phrase) in [
        ("}", &[][..], 2, "a.yaml:5: can't tell whether I belongs to an HTTP or a WebSocket API: pass --api http, or"),
        ("}", &["--api", "http"], 0, "I -> a (HTTP API"),
        (", PayloadFormatVersion: '1.0'}", &[], 0, "I -> a (HTTP API"),
        (", TemplateSelectionExpression: $default}", &[], 0, "left alone: I (line 5): WebSocket API"),
    ] {
        let folder = folder("protocol", &[("a.yaml", &format!("{api}{properties}\n"))]);
        let said = run(&folder, &[&["patch", "a.yaml"], arguments].concat());
        assert_eq!(said.code, code, "{properties}: {}{}", said.out, said.err);
        assert!(said.out.contains(phrase) || said.err.contains(phrase), "{properties}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_part_of_a_template_is_one_too() {
    let template = "Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}\n";
    let service = "service: a\nprovider: {name: aws}\nresources: {Resources: '${file(part.yaml)}'}\n";
    let part = "Api:\n  Type: AWS::ApiGatewayV2::Api\n  Properties: {ProtocolType: HTTP}\nI:\n  Type: AWS::ApiGatewayV2::Integration\n  Properties:\n    ApiId: {Ref: Api}\n    IntegrationType: HTTP_PROXY\n    IntegrationUri: http://a\n";
    for (whole, time) in [
        (template, "${context.requestTimeEpoch}000"),
        (service, "{ \"Fn::Join\": [\"\", [\"$\", \"{context.requestTimeEpoch}000\"]] }"),
    ] {
        let folder = folder("part-of-template", &[("whole.yaml", whole), ("part.yaml", part)]);
        let said = run(&folder, &["patch", "."]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let written = read(&folder.join("part.yaml"));
        assert!(written.contains(&format!("      overwrite:header.x-dd-proxy-request-time-ms: {time}\n")), "{written}");
        assert!(
            written.contains("      overwrite:header.x-dd-proxy-region: { \"Ref\": \"AWS::Region\" }\n"),
            "{written}"
        );
        assert_eq!(run(&folder, &["check", ".", "--strict"]).code, 0, "{written}");
    }
}

#[test]
fn a_reference_tells_the_kind_of_api() {
    let root = "openapi: 3.0.1\nx-amazon-apigateway-cors: {}\npaths:\n  /a: {$ref: ./paths/a.yaml}\n  /b:\n    get: {$ref: 'paths/b.json#/get'}\n";
    let path = "get:\n  x-amazon-apigateway-integration: {type: http_proxy, uri: http://a}\n";
    let json = "{\"get\": {\"x-amazon-apigateway-integration\": {\"type\": \"http_proxy\", \"uri\": \"http://b\"}}}\n";
    let folder = folder("referred", &[("api.yaml", root), ("paths/a.yaml", path), ("paths/b.json", json)]);
    let said = run(&folder, &["check", "."]);
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    for phrase in ["GET -> a (HTTP API, paths/a.yaml:2)", "GET -> b (HTTP API, paths/b.json:1)", "; 2 left alone"] {
        assert!(said.out.contains(phrase), "{phrase}: {}", said.out);
    }
    // Alone, it is asked for.
    let said = run(&folder, &["check", "paths"]);
    assert!(said.err.contains("a.yaml:2: can't tell whether GET belongs to a REST or an HTTP API"), "{}", said.err);
}
