//! Maps of mappings without any, and mappings without a value.

use crate::support::{folder, read, run};

const YAML: &str = "openapi: 3.0.1\nx-amazon-apigateway-policy: {}\npaths:\n  /a:\n    get:\n      x-amazon-apigateway-integration:\n        type: http_proxy\n        uri: http://a\n";
const JSON: &str =
    r#"{"swagger":"2.0","paths":{"/a":{"get":{"x-amazon-apigateway-integration":{"type":"http_proxy","uri":"http://a""#;
const HCL: &str = "resource \"aws_api_gateway_integration\" \"a\" {\n  type = \"HTTP_PROXY\"\n  uri  = \"http://a\"\n";

#[test]
fn no_mappings_are_written_in_many_ways() {
    for (name, text) in [
        ("a.yaml", format!("{YAML}        requestParameters: null # why\n")),
        ("a.yaml", format!("{YAML}        requestParameters: ~\n        httpMethod: GET\n")),
        ("a.yaml", format!("{YAML}        requestParameters:   # why\n        httpMethod: GET\n")),
        ("a.yaml", format!("{YAML}        requestParameters: {{\n          # why\n        }}\n")),
        (
            "a.yaml",
            YAML.replace(":\n        type: http_proxy\n        ", ": {type: http_proxy, requestParameters: null, ")
                .replace("//a\n", "//a}\n"),
        ),
        ("a.json", format!("{JSON},\"requestParameters\":null}}}}}}}}}}")),
        ("a.json", format!("{JSON},\n  \"requestParameters\": null\n}}}}}}}}}}\n")),
        ("a.tf", format!("{HCL}  request_parameters = null\n}}\n")),
        ("a.tf", format!("{HCL}  request_parameters = {{\n    # why\n    // and how\n  }}\n}}\n")),
    ] {
        let folder = folder("no-mappings", &[(name, &text)]);
        assert_eq!(run(&folder, &["check", name]).code, 1, "{text}");
        let said = run(&folder, &["patch", name, "--region", "eu-west-1"]);
        assert_eq!(said.code, 0, "{text}: {}{}", said.out, said.err);
        assert_eq!(run(&folder, &["check", name, "--strict"]).code, 0, "{}", read(&folder.join(name)));
        let after = read(&folder.join(name));
        for comment in ["# why", "// and how"] {
            assert_eq!(after.contains(comment), text.contains(comment), "{after}");
        }
        assert_eq!(run(&folder, &["patch", name, "--diff"]).code, 0, "{after}");
    }
}

/// A REST API leaves such a header out, and the client's own passes.
#[test]
fn a_mapping_without_a_value_is_wrong() {
    let key = "          integration.request.header.x-dd-proxy";
    let text = format!("{YAML}        requestParameters:\n{key}:\n{key}-stage: # why\n{key}-path: ''\n{key}-region:");
    let folder = folder("no-values", &[("a.yaml", &text)]);
    let said = run(&folder, &["check", "a.yaml"]);
    assert_eq!(said.code, 1);
    assert_eq!(said.out.matches("): no value: a client's own header passes\n").count(), 4, "{}", said.out);
    assert_eq!(run(&folder, &["patch", "a.yaml"]).code, 1);
    let said = run(&folder, &["patch", "a.yaml", "--replace"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let after = read(&folder.join("a.yaml"));
    assert!(after.contains(&format!("{key}-stage: context.stage # why\n{key}-path: 'context.path'\n")), "{after}");
    assert!(after.contains(&format!("{key}-region: \"'${{AWS::Region}}'\"\n")), "{after}");
    assert_eq!(run(&folder, &["check", "a.yaml", "--strict"]).code, 0, "{after}");
}
