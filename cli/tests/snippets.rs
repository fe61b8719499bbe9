//! What the pages and `print` tell people to paste, sent a request through.

use std::path::Path;

use apigateway_inferred_span::Proxy;

use crate::documents::integrations;
use crate::interpreter::{assert_believed, Api, Integration};
use crate::support::{folder, read, root, run};

/// The fenced blocks of a language.
fn blocks(path: &Path, language: &str) -> Vec<String> {
    let text = read(path);
    let fenced = text.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n').map(str::to_owned)).collect()
}

fn proxy(api: Api) -> Proxy {
    match api {
        Api::Rest => Proxy::RestApi,
        Api::Http => Proxy::HttpApi,
    }
}

/// A definition around what belongs at a path, a method or an integration.
fn definition(snippet: &str) -> String {
    let (head, indent) = match snippet.split_whitespace().next() {
        Some("x-amazon-apigateway-integration:") => ("openapi: 3.0.1\npaths:\n  /a:\n    get:\n", 6),
        Some("requestParameters:") => (
            "openapi: 3.0.1\npaths:\n  /a:\n    get:\n      x-amazon-apigateway-integration:\n        type: http_proxy\n        uri: http://a\n",
            8,
        ),
        Some(path) if path.starts_with('/') => ("openapi: 3.0.1\npaths:\n", 2),
        _ => return snippet.to_owned(),
    };
    let indented = snippet.lines().map(|line| format!("{}{line}\n", " ".repeat(indent)));
    head.to_owned() + &indented.collect::<String>()
}

fn api_of(snippet: &str) -> Api {
    match snippet.contains("overwrite:header.") {
        true => Api::Http,
        false => Api::Rest,
    }
}

#[test]
fn yaml_of_the_pages_is_believed() {
    let mut snippets = Vec::new();
    for page in ["../README.md", "../docs/gateway.md", "README.md"] {
        snippets.extend(blocks(&root().join(page), "yaml"));
    }
    // The reader of these tests doesn't know the Serverless Framework.
    snippets.retain(|snippet| snippet.contains("x-dd-proxy") && !snippet.starts_with("service:"));
    assert!(snippets.len() >= 5, "{}", snippets.len());
    for (index, snippet) in snippets.iter().enumerate() {
        let folder = folder(&format!("snippet-{index}"), &[("a.yaml", &definition(snippet))]);
        let api = api_of(snippet);
        let found = integrations(&folder.join("a.yaml"), Some(api));
        assert!(!found.is_empty(), "{snippet}");
        found.iter().for_each(|integration| assert_believed(integration, proxy(api), true));
        let arguments = ["check", "--strict", "a.yaml", "--api", if api == Api::Rest { "rest" } else { "http" }];
        let said = run(&folder, &arguments);
        assert_eq!(said.code, 0, "{}", said.out);
    }
}

#[test]
fn printed_code_is_believed() {
    for tool in ["cdk", "pulumi"] {
        for (name, api) in [("rest", Api::Rest), ("http", Api::Http)] {
            let said = run(root(), &["print", tool, "--api", name]);
            let code = said.out.replace("Stack.of(this).region", "\"eu-west-1\"");
            let code =
                code.replace("aws.getRegionOutput().region", "\"eu-west-1\"").replace("${\"eu-west-1\"}", "eu-west-1");
            let mappings = typescript(&code.replace("pulumi.interpolate", "").replace('`', "\""));
            assert_eq!(mappings.len(), 11, "{code}");
            assert_mappings(mappings, api);
        }
    }
}

fn assert_mappings(mappings: Vec<(String, String)>, api: Api) {
    let integration = Integration {
        name: "typescript".to_owned(),
        api,
        kind: "HTTP_PROXY".to_owned(),
        uri: "http://a".to_owned(),
        mappings,
        declared: None,
    };
    assert_believed(&integration, proxy(api), true);
}

/// The mappings of an object, or of calls of `overwriteHeader`.
fn typescript(code: &str) -> Vec<(String, String)> {
    let mut mappings = Vec::new();
    for line in code.lines() {
        let strings: Vec<_> = line.split('"').skip(1).step_by(2).collect();
        match strings.as_slice() {
            [name, value] if line.contains(".overwriteHeader(") => {
                let variable = line.contains("contextVariable") || line.contains(", context(");
                let value = if variable { format!("$context.{value}") } else { (*value).to_owned() };
                mappings.push((format!("overwrite:header.{name}"), value));
            }
            [key, value] if key.contains("integration.request.") || key.contains("overwrite:") => {
                mappings.push(((*key).to_owned(), (*value).to_owned()));
            }
            _ => {}
        }
    }
    mappings
}

#[test]
fn printed_blocks_are_believed_where_they_are_pasted() {
    let resource = |kind: &str, rest: &str, block: &str| {
        format!("Resources:\n  A:\n    Type: {kind}\n    Properties:\n{rest}{block}")
    };
    let indent =
        |text: &str, by: usize| text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect::<String>();
    for (tool, api) in [
        ("openapi", Api::Rest),
        ("openapi", Api::Http),
        ("cloudformation", Api::Rest),
        ("cloudformation", Api::Http),
        ("cloudformation-json", Api::Rest),
        ("cloudformation-json", Api::Http),
        ("terraform", Api::Rest),
        ("terraform", Api::Http),
        ("serverless", Api::Rest),
    ] {
        let name = if api == Api::Rest { "rest" } else { "http" };
        let mut arguments = vec!["print", tool, "--api", name];
        if tool == "openapi" {
            arguments.extend(["--region", "eu-west-1"]);
        }
        let said = run(root(), &arguments);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{tool}");
        let (file, text) = match (tool, api) {
            ("openapi", _) => ("a.yaml", definition(&said.out)),
            ("cloudformation", Api::Rest) => {
                let integration = "      Integration:\n        Type: HTTP_PROXY\n        Uri: http://a\n";
                ("a.yaml", resource("AWS::ApiGateway::Method", integration, &indent(&said.out, 8)))
            }
            ("cloudformation", Api::Http) => {
                let integration = "      IntegrationType: HTTP_PROXY\n      PayloadFormatVersion: '1.0'\n";
                ("a.yaml", resource("AWS::ApiGatewayV2::Integration", integration, &indent(&said.out, 6)))
            }
            ("cloudformation-json", Api::Rest) => (
                "a.json",
                format!(
                    r#"{{"Resources": {{"A": {{"Type": "AWS::ApiGateway::Method", "Properties": {{"Integration": {{"Type": "HTTP_PROXY", {}}}}}}}}}}}"#,
                    said.out
                ),
            ),
            ("cloudformation-json", Api::Http) => (
                "a.json",
                format!(
                    r#"{{"Resources": {{"A": {{"Type": "AWS::ApiGatewayV2::Integration", "Properties": {{"IntegrationType": "HTTP_PROXY", "PayloadFormatVersion": "1.0", {}}}}}}}}}"#,
                    said.out
                ),
            ),
            ("terraform", Api::Rest) => (
                "a.tf",
                format!("resource \"aws_api_gateway_integration\" \"a\" {{\n  type = \"HTTP_PROXY\"\n{}}}\n", said.out),
            ),
            ("terraform", Api::Http) => (
                "a.tf",
                format!(
                    "resource \"aws_apigatewayv2_integration\" \"a\" {{\n  integration_type = \"HTTP_PROXY\"\n{}}}\n",
                    said.out
                ),
            ),
            _ => {
                let event = "service: a\nprovider: {name: aws}\nfunctions:\n  a:\n    events:\n      - http:\n          integration: http-proxy\n";
                ("a.yaml", event.to_owned() + &indent(&said.out, 10))
            }
        };
        let folder = folder(&format!("printed-{tool}-{name}"), &[(file, &text)]);
        let found = integrations(&folder.join(file), Some(api));
        assert_eq!(found.len(), 1, "{text}");
        found.iter().for_each(|integration| assert_believed(integration, proxy(api), true));
        let said = run(&folder, &["check", "--strict", file, "--api", name]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    }
}

#[test]
fn printed_commands_are_words_of_a_shell() {
    for (api, mark) in
        [("rest", "\"value\":\"'eu-west-1'\""), ("http", "overwrite:header.x-dd-proxy-region\":\"eu-west-1\"")]
    {
        let script = run(root(), &["print", "cli", "--api", api]).out;
        let bare =
            std::process::Command::new("sh").env_remove("AWS_REGION").arg("-c").arg(&script).output().expect("sh");
        assert!(String::from_utf8_lossy(&bare.stderr).contains("AWS_REGION"), "{bare:?}");
        let aws = "aws() { for word in \"$@\"; do printf '%s\\n' \"$word\"; done; }\nAWS_REGION=eu-west-1\n";
        let shell = std::process::Command::new("sh").arg("-c").arg(aws.to_owned() + &script).output().expect("sh");
        let words = String::from_utf8(shell.stdout).expect("UTF-8");
        assert!(words.contains(mark), "{words}");
        let json = words.find(['[', '{']).map(|start| &words[start..]).expect("JSON");
        let first = serde_json::Deserializer::from_str(json).into_iter::<serde_json::Value>().next();
        assert!(first.expect("JSON").is_ok(), "{words}");
    }
}

/// The commands of the README's example, in turn, with what it says that they print.
#[test]
fn the_readmes_example_is_what_the_command_says() {
    let template = read(&root().join("tests/fixtures/cloudformation/vpc-link.yaml"));
    let folder = folder("readme", &[("template.yaml", &template)]);
    let mut runs = 0;
    for block in blocks(&root().join("README.md"), "console") {
        for example in block.split("$ apigw-headers ").skip(1) {
            let (command, printed) = example.split_once('\n').expect("a line");
            let said = run(&folder, &command.split_whitespace().collect::<Vec<_>>());
            assert_eq!(said.out.trim_end(), printed.trim_end(), "{command}");
            runs += 1;
        }
    }
    assert_eq!(runs, 4);
}
