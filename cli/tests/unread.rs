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

const ROWS: [Row; 3] = [
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
        &["left alone: aws apigateway put-integration (line 6): created by the AWS CLI", "; 1 left alone"],
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
        let written =
            text.lines().find_map(|line| line.trim().strip_prefix("\"overwrite:header.x-dd-proxy-region\" = "));
        assert_eq!(written, expected, "{data}{resource}");
    }
}
