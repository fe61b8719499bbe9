//! Mappings that are computed from maps of the document: each form that they may have is checked.

use crate::support::{folder, read, run};

/// A map with all that is required but for some headers.
fn map(without: &[&str], [open, colon, comma, close]: [&str; 4]) -> String {
    let required = [
        ("x-dd-proxy", "'aws-apigateway'"),
        ("x-dd-proxy-request-time-ms", "context.requestTimeEpoch"),
        ("x-dd-proxy-domain-name", "context.domainName"),
        ("x-dd-proxy-httpmethod", "context.httpMethod"),
        ("x-dd-proxy-path", "context.path"),
        ("x-dd-proxy-stage", "context.stage"),
    ];
    let kept = required.iter().filter(|(name, _)| !without.contains(name));
    let entries = kept.map(|(name, value)| format!("\"integration.request.header.{name}\"{colon}\"{value}\"{comma}"));
    format!("{open}{}{close}", entries.collect::<String>())
}

const HCL: [&str; 4] = ["{ ", " = ", ", ", " }"];
const FLOW: [&str; 4] = ["{", ": ", ", ", "}"];

#[test]
fn each_form_of_computed_mappings_is_checked() {
    const STAGE: &str = "\"integration.request.header.x-dd-proxy-stage\"";
    let terraform = |local: &str, parameters: &str| {
        let locals = format!("locals {{\n  h = {local}\n  more = merge(local.h, {{}})\n}}\n");
        let resource =
            "resource \"aws_api_gateway_integration\" \"a\" {\n  type = \"HTTP_PROXY\"\n  uri  = \"http://a\"\n";
        ("a.tf", format!("{locals}{resource}  request_parameters = {parameters}\n}}\n"))
    };
    let cloudformation = |parameters: &str| {
        let method = "Resources:\n  M:\n    Type: AWS::ApiGateway::Method\n    Properties:\n      Integration:\n        Type: HTTP_PROXY\n        Uri: http://a\n        RequestParameters: ";
        ("a.yaml", format!("{method}{parameters}\n"))
    };
    let (all, none) = (map(&[], HCL), map(&["x-dd-proxy-stage"], HCL));
    let (branch, short) = (map(&[], FLOW), map(&["x-dd-proxy-stage"], FLOW));
    for ((name, text), lacks) in [
        (terraform(&all, "local.h"), ""),
        (terraform(&all, "local.more"), ""),
        (terraform(&none, "local.h"), "missing  x-dd-proxy-stage (required)"),
        (terraform(&none, &format!("merge(local.h, {{ {STAGE} = \"context.stage\" }})")), ""),
        (
            terraform(&all, &format!("merge(local.h, {{ {STAGE} = \"context.path\" }})")),
            "wrong  x-dd-proxy-stage (line ",
        ),
        (terraform(&all, &format!("merge({{ {STAGE} = \"context.path\" }}, local.h)")), ""),
        (terraform(&all, &format!("var.a ? local.h : {none}")), "missing  x-dd-proxy-stage (required)"),
        (terraform(&all, "var.a ? local.more : local.h"), ""),
        (terraform(&all, "var.a ? local.h : null"), "missing  x-dd-proxy, "),
        (cloudformation(&format!("!If [A, {branch}, {branch}]")), ""),
        (cloudformation(&format!("!If [A, {branch}, {short}]")), "missing  x-dd-proxy-stage (required)"),
        (cloudformation(&format!("{{Fn::If: [A, {short}, {branch}]}}")), "missing  x-dd-proxy-stage (required)"),
        (cloudformation(&format!("!If [A, {branch}, !If [B, {branch}, !Ref AWS::NoValue]]")), "missing  x-dd-proxy, "),
        (cloudformation(&format!("!If [A, {branch}, {{Ref: AWS::NoValue}}]")), "missing  x-dd-proxy, "),
    ] {
        let folder = folder("computed", &[(name, &text)]);
        let said = run(&folder, &["check", name]);
        assert_eq!(said.code, i32::from(!lacks.is_empty()), "{text}: {}{}", said.out, said.err);
        assert!(said.out.contains(lacks) && said.out.contains("1 integration in 1 document"), "{text}: {}", said.out);
        // Nothing says to which map to add them.
        let said = run(&folder, &["patch", name, "--replace"]);
        assert_eq!(said.code, i32::from(!lacks.is_empty()), "{text}: {}{}", said.out, said.err);
        let phrase = if lacks.is_empty() { "left alone: " } else { "not patched: " };
        assert!(said.out.contains(phrase) && said.out.contains(": the mappings are computed: add"), "{}", said.out);
        assert_eq!(read(&folder.join(name)), text);
    }
}
