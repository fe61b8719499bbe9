//! Mappings that several integrations have by aliases and merges.

use crate::support::{folder, read, run};

const HEAD: &str =
    "openapi: 3.0.1\nx-amazon-apigateway-policy: {}\npaths:\n  /a:\n    get:\n      x-amazon-apigateway-integration:";

/// What is left alone mustn't get headers by way of what is patched.
#[test]
fn what_is_left_alone_shares_nothing() {
    let own = " {type: http_proxy, uri: http://own, requestParameters: &p {integration.request.path.a: x}}\n    put:\n      x-amazon-apigateway-integration: {type: http_proxy, uri: https://third.example.org, requestParameters: ";
    let base = " &i {type: http_proxy, uri: http://own}\n    put:\n      x-amazon-apigateway-integration: {<<: *i, uri: https://third.example.org";
    let post = |entries: &str| format!("    post:\n      x-amazon-apigateway-integration: {{{entries}}}\n");
    for (text, patched, not_patched, left) in [
        (format!("{own}*p}}\n"), 0, 1, 1),
        (format!("{own}{{<<: *p}}}}\n"), 0, 1, 1),
        (format!("{own}{{integration.request.path.a: y}}}}\n"), 1, 0, 1),
        (format!("{base}}}\n"), 0, 1, 1),
        (format!("{base}, requestParameters: }}\n"), 1, 0, 1),
        (format!("{base}, requestParameters: {{}}}}\n"), 1, 0, 1),
        (format!("{base}}}\n{}", post("<<: *i, httpMethod: POST")), 1, 1, 1),
        // What reaches no application.
        (format!("{own}{{}}}}\n{}", post("type: mock, requestParameters: *p")), 0, 1, 2),
        (format!("{own}{{}}}}\n{}", post("type: aws, requestParameters: {<<: *p}")), 0, 1, 2),
        (format!("{base}, requestParameters: {{}}}}\n{}", post("<<: *i, type: aws_proxy")), 0, 1, 2),
        (format!("{own}{{}}}}\n{}", post("type: mock, requestParameters: {}")), 1, 0, 2),
    ] {
        let folder = folder("shares", &[("a.yaml", &format!("{HEAD}{text}"))]);
        let said = run(&folder, &["patch", "a.yaml", "--exclude", "https://*.example.org"]);
        assert_eq!(said.code, not_patched, "{text}: {}{}", said.out, said.err);
        let counted = format!("; {not_patched} still wrong; {left} left alone");
        assert!(said.out.contains(&counted), "{text}: {}", said.out);
        let after = read(&folder.join("a.yaml"));
        assert_eq!(after.matches("header.x-dd-proxy-stage").count(), patched, "{text}: {after}");
        let mut data: serde_yaml_ng::Value = serde_yaml_ng::from_str(&after).expect("YAML");
        data.apply_merge().expect("merged");
        let third = &data["paths"]["/a"]["put"]["x-amazon-apigateway-integration"];
        let third = serde_yaml_ng::to_string(third).expect("YAML");
        assert!(third.contains("third.example.org") && !third.contains("x-dd-proxy"), "{text}: {third}");
        // It is checked all the same.
        let said = run(&folder, &["check", "a.yaml", "--exclude", "https://*.example.org"]);
        assert!(
            said.out.contains(if text.contains("post") && !text.contains("POST") {
                "; 2 left alone"
            } else {
                "; 1 left alone"
            }),
            "{text}: {}",
            said.out
        );
    }
}

#[test]
fn a_value_with_an_alias_elsewhere_is_not_replaced() {
    let text = format!(
        "{HEAD} {{type: http_proxy, uri: http://own, requestParameters: {{integration.request.header.x-dd-proxy-path: &v context.foo, integration.request.header.q: *v}}}}\n"
    );
    let folder = folder("alias-elsewhere", &[("a.yaml", &text)]);
    let said = run(&folder, &["patch", "a.yaml", "--replace"]);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.starts_with("error: a.yaml:6: can't be patched"), "{}", said.err);
    assert_eq!(read(&folder.join("a.yaml")), text);
}
