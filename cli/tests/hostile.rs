//! Documents that nobody would write, or that somebody wrote to do harm.

use std::fmt::Write as _;
use std::fs;

use crate::support::{folder, is_contained, read, run, scratch, write};

/// A method whose integration is written like this.
fn rest(integration: &str) -> String {
    format!(
        "openapi: 3.0.1\nx-amazon-apigateway-policy: {{}}\npaths:\n  /a:\n    get:\n      \
         x-amazon-apigateway-integration:{integration}"
    )
}

#[test]
fn what_is_malformed_is_said_with_its_line() {
    let deep_yaml = format!("{}{}", rest(" &a\n        uri: "), "[".repeat(20_000));
    let deep_json = format!("{{\"swagger\": {}", "[".repeat(100_000));
    let deep_hcl = format!("resource \"aws_api_gateway_integration\" \"a\" {{\n  uri = {}", "[".repeat(100_000));
    for (name, text, line) in [
        ("tab.yaml", rest("\n\t        type: http"), 7),
        ("unclosed.yaml", rest(" {type: http\n"), 6),
        ("alias.yaml", rest(" *nowhere\n"), 6),
        ("comma.json", "{\"swagger\": \"2.0\",\n \"paths\": {},\n}".to_owned(), 3),
        ("deep.yaml", deep_yaml, 7),
        ("deep.json", deep_json, 1),
        ("deep.tf", deep_hcl, 2),
        ("block.tf", "resource \"aws_api_gateway_integration\" \"a\" {\n  type = \n}\n".to_owned(), 2),
        ("directive.yaml.tpl", rest(" x-amazon-apigateway-integration\n%{ for a in b }\n"), 7),
    ] {
        let folder = folder(&format!("malformed-{name}"), &[(name, &text)]);
        for command in ["check", "patch"] {
            let said = run(&folder, &[command, name]);
            assert_eq!(said.code, 2, "{name}: {}", said.out);
            assert!(said.err.contains(&format!("{name}:{line}: malformed")), "{name}: {}", said.err);
            assert_eq!(read(&folder.join(name)), text);
        }
    }
}

#[test]
fn text_that_is_not_utf_8_is_said_with_its_line() {
    let folder = scratch("utf-8");
    let latin = b"swagger: '2.0'\ninfo: {title: caf\xe9}\nx-amazon-apigateway-policy: {}\n";
    fs::write(folder.join("latin.yaml"), latin).expect("written");
    fs::write(folder.join("picture.json"), [0xff, 0xd8, 0xff]).expect("written");
    let said = run(&folder, &["patch", "."]);
    assert_eq!(said.code, 2);
    assert_eq!(said.err.lines().next(), Some("error: latin.yaml:2: not UTF-8 at byte 32"));
    assert!(!said.err.contains("picture"), "{}", said.err);
    assert_eq!(fs::read(folder.join("latin.yaml")).expect("read"), latin);
}

#[test]
fn aliases_of_aliases_are_followed_once() {
    let mut text = rest("\n        type: http_proxy\n        uri: http://a\n");
    text += "x-0: &l0 {get: {x-amazon-apigateway-integration: {type: http_proxy, uri: &u0 http://b}}}\n";
    for level in 1..40 {
        let _ = writeln!(text, "x-{level}: &l{level} {{<<: [*l{0}, *l{0}], head: *l{0}, put: *l{0}}}", level - 1);
    }
    // A value that is as long as the universe.
    text += "x-v0: &v0 [a, a]\n";
    for level in 1..60 {
        let _ = writeln!(text, "x-v{level}: &v{level} {{\"Fn::Join\": [\"\", [*v{0}, *v{0}]]}}", level - 1);
    }
    text += "x-uri: &uri {type: http_proxy, uri: *v59}\n";
    let text = text.replace("paths:\n", "paths:\n  /bomb: &bomb\n    post: {x-amazon-apigateway-integration: {type: http_proxy, uri: http://c}}\n  /again: *bomb\n");
    let text = text + "x-recursive: &r [*r]\n";
    let folder = folder("aliases", &[("a.yaml", &text)]);
    let said = run(&folder, &["patch", "a.yaml"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("2 integrations in 1 document patched"), "{}", said.out);
    assert!(is_contained(&text, &read(&folder.join("a.yaml"))));
}

#[test]
fn values_that_grow_without_end_are_cut_off() {
    let mut text = "Resources:\n  V: &v0 {\"Fn::Join\": [\"\", [a, a]]}\n".to_owned();
    for level in 1..60 {
        let _ = writeln!(text, "  V{level}: &v{level} {{\"Fn::Join\": [\"\", [*v{0}, *v{0}]]}}", level - 1);
    }
    text += "  M:\n    Type: AWS::ApiGateway::Method\n    Properties:\n      Integration:\n        Type: HTTP_PROXY\n        Uri: *v59\n";
    let folder = folder("growing", &[("a.yaml", &text)]);
    let said = run(&folder, &["patch", "a.yaml"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.len() < 20_000, "{}", said.out.len());
}

#[test]
fn a_recursive_alias_is_no_integration() {
    let text = "swagger: '2.0'\npaths: &p\n  /a: *p\n  /b: {get: &g {x-amazon-apigateway-integration: *g}}\n";
    let folder = folder("recursive", &[("a.yaml", text)]);
    let said = run(&folder, &["patch", "a.yaml"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(read(&folder.join("a.yaml")), text);
}

#[test]
fn duplicate_keys_stay_what_they_are() {
    let twice = "\n          integration.request.header.x-dd-proxy: \"'aws-apigateway'\"";
    let yaml = rest(&format!("\n        type: http\n        type: http_proxy\n        uri: http://a\n        requestParameters:{twice}{twice}\n"));
    let json = r#"{"swagger":"2.0","paths":{"/a":{"get":{"x-amazon-apigateway-integration":{"type":"http","uri":"http://a","uri":"http://b"}},"get":{}}}}"#;
    let folder = folder("duplicates", &[("a.yaml", &yaml), ("b.json", json)]);
    let said = run(&folder, &["patch", "."]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for (name, before) in [("a.yaml", yaml.as_str()), ("b.json", json)] {
        let after = read(&folder.join(name));
        assert!(is_contained(before, &after) && after != before, "{name}");
    }
    assert!(run(&folder, &["patch", "."]).out.contains("0 integrations in 0 documents"));
}

#[test]
fn odd_ways_to_write_are_patched_or_refused_but_never_broken() {
    let odd = [
        "\n        ? type\n        : http_proxy\n        ? uri\n        : http://a\n",
        "\n        ? type\n        : http_proxy\n        uri: http://a\n        ? requestParameters\n        : ? a\n          : b\n",
        "\n        type: http_proxy\n        uri: http://a\n        ? requestParameters\n",
        "\n        type: http_proxy\n        uri: http://a\n        ? requestParameters\n        :\n",
        "\n        type: http_proxy\n        uri: http://a\n        requestParameters: # none yet\n",
        "\n        type: http_proxy\n        uri: http://a\n        requestParameters: {# nothing\n          }\n",
        "\n        type: http_proxy\n        uri: http://a\n        requestParameters: &empty\n",
        "\n        type: http_proxy\n        uri: http://a\n        requestParameters: !!map\n          a: b\n",
        " !!map {type: http_proxy, uri: http://a, }\n",
        " {type: http_proxy, uri: http://a # b\n        }\n",
        " {type: http_proxy, uri: http://a,\n         httpMethod: }\n",
        "\n        type: http_proxy\n        uri: |+\n          http://a\n\n\n",
        "\n        type: http_proxy\n        uri: >2\n            http://a\n        # the end",
        "\n        type: http_proxy\n        uri: 'http://a\n\n          b'   \n   \n",
        "\n        \"type\": http_proxy\n        uri: http://a\n        description: !custom\n",
        "\n        type: http_proxy\n        uri: http://a\n        list:\n        - a\n        - {b: c}\n        -\n",
        "\n        type: http_proxy\n        uri: &anchor http://a\n        other: *anchor\n--- # next\na: b\n",
    ];
    let (mut patched, mut refused) = (0, 0);
    for (index, integration) in odd.iter().enumerate() {
        for newline in ["\n", "\r\n"] {
            let text = rest(integration).replace('\n', newline);
            let folder = folder(&format!("odd-{index}"), &[("a.yaml", &text)]);
            let said = run(&folder, &["patch", "a.yaml"]);
            let after = read(&folder.join("a.yaml"));
            assert!(is_contained(&text, &after), "{text}\n{after}");
            match said.code {
                0 if after != text => patched += 1,
                code => {
                    assert_eq!(after, text);
                    // A refusal says where.
                    assert!(
                        code == 0
                            || said.err.contains("a.yaml:6: ")
                            || said.err.contains("a.yaml:7: ")
                            || said.err.contains("malformed")
                            || (code == 1 && said.out.contains("not patched: GET /a (line 6): the way in which")),
                        "{}{}",
                        said.out,
                        said.err
                    );
                    refused += 1;
                }
            }
            if said.code == 0 {
                let again = run(&folder, &["patch", "a.yaml"]);
                assert_eq!((again.code, read(&folder.join("a.yaml"))), (0, after.clone()), "{after}");
                let last = serde_yaml_ng::Deserializer::from_str(&after).count();
                assert!(last > 0);
            }
        }
    }
    assert!(patched >= 20 && refused <= 10, "{patched} patched, {refused} refused");
}

/// One integration that can't be patched keeps no other from it.
#[test]
fn what_is_not_understood_is_left_alone() {
    let odd = " {type: http_proxy, uri: http://a,\n         httpMethod: }\n    put:\n      x-amazon-apigateway-integration: {type: http_proxy, uri: http://b}\n";
    let folder = folder("not-understood", &[("a.yaml", &rest(odd))]);
    let said = run(&folder, &["patch", "a.yaml"]);
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    assert!(said.out.contains("not patched: GET /a (line 6): the way in which it is written"), "{}", said.out);
    assert!(said.out.contains("1 integration in 1 document patched; 1 still wrong; 0 left alone"), "{}", said.out);
    assert_eq!(read(&folder.join("a.yaml")).matches("header.x-dd-proxy-stage").count(), 1);
}

#[test]
fn a_file_of_10_mb_is_patched() {
    let mut text = "openapi: 3.0.1\nx-amazon-apigateway-policy: {}\npaths:\n".to_owned();
    for path in 0..200 {
        let description = "words ".repeat(9_000);
        let _ = writeln!(text, "  /{path}:\n    get:\n      description: {description}\n      x-amazon-apigateway-integration: {{type: http_proxy, uri: http://a}}");
    }
    assert!(text.len() > 10_000_000);
    let folder = folder("large", &[("a.yaml", &text)]);
    let said = run(&folder, &["patch", "a.yaml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("200 integrations in 1 document patched"));
    assert!(is_contained(&text, &read(&folder.join("a.yaml"))));
}

#[test]
fn nothing_is_half_written() {
    let text = rest(" {type: http_proxy, uri: http://a}\n");
    let folder = folder("whole", &[("a.yaml", &text), ("b.yaml", &rest(" {type")), ("sub/c.yaml", &text)]);
    let said = run(&folder, &["patch", "."]);
    assert_eq!(said.code, 2);
    assert!(said.err.starts_with("error: b.yaml:6: malformed"), "{}", said.err);
    assert_eq!(read(&folder.join("b.yaml")), rest(" {type"));
    assert!(read(&folder.join("a.yaml")).contains("x-dd-proxy"), "one document doesn't keep another from it");

    write(&folder.join("b.yaml"), &text);
    assert_eq!(run(&folder, &["patch", "."]).code, 0);
    let names = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["a.yaml", "b.yaml", "sub"]);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{symlink, PermissionsExt};

    let folder = folder("links", &[("real.yaml", &rest(" {type: http_proxy, uri: http://a}\n"))]);
    fs::set_permissions(folder.join("real.yaml"), fs::Permissions::from_mode(0o640)).expect("set");
    symlink("real.yaml", folder.join("link.yaml")).expect("linked");
    assert_eq!(run(&folder, &["patch", "link.yaml"]).code, 0);
    assert!(fs::symlink_metadata(folder.join("link.yaml")).expect("there").is_symlink());
    assert!(read(&folder.join("real.yaml")).contains("x-dd-proxy"));
    assert_eq!(fs::metadata(folder.join("real.yaml")).expect("there").permissions().mode() & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn links_in_folders_lead_to_files_only() {
    use std::os::unix::fs::symlink;

    let folder =
        folder("linked", &[("shared/real.yaml", &rest(" {type: http_proxy, uri: http://a}\n")), ("own/a.txt", "")]);
    symlink("../shared/real.yaml", folder.join("own/link.yaml")).expect("linked");
    symlink("..", folder.join("own/up.yaml")).expect("linked");
    symlink("nowhere.yaml", folder.join("own/dangling.yaml")).expect("linked");
    let said = run(&folder, &["check", "own"]);
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    assert!(said.out.contains("\n1 integration in 1 document: "), "{}", said.out);
}

#[cfg(unix)]
#[test]
fn owners_stay_and_read_only_files_too() {
    use std::os::unix::fs::{chown, MetadataExt, PermissionsExt};

    let text = rest(" {type: http_proxy, uri: http://a}\n");
    let folder = folder("owners", &[("own.yaml", &text), ("read-only.yaml", &text)]);
    let own = folder.join("own.yaml");
    // Only root may; for others, the owner is the same before and after.
    let _ = chown(&own, Some(12), Some(34));
    let owner = |metadata: fs::Metadata| (metadata.uid(), metadata.gid());
    let before = owner(fs::metadata(&own).expect("there"));
    fs::set_permissions(folder.join("read-only.yaml"), fs::Permissions::from_mode(0o444)).expect("set");
    let said = run(&folder, &["patch", "."]);
    assert_eq!(said.code, 2);
    assert_eq!(said.err, "error: read-only.yaml: can't be written: it is read-only\n");
    assert_eq!(read(&folder.join("read-only.yaml")), text);
    assert!(read(&own).contains("x-dd-proxy"));
    assert_eq!(owner(fs::metadata(&own).expect("there")), before);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_stays_whole() {
    use std::os::unix::fs::PermissionsExt;

    let text = rest(" {type: http_proxy, uri: http://a}\n");
    let folder = folder("read-only", &[("a.yaml", &text)]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("set");
    let said = run(&folder, &["patch", "a.yaml"]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("set");
    let names = fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(names, 1, "nothing is left beside it");
    match said.code {
        // Root may write anywhere.
        0 => assert!(read(&folder.join("a.yaml")).contains("x-dd-proxy")),
        code => {
            assert_eq!((code, read(&folder.join("a.yaml"))), (2, text));
            assert!(said.err.contains("a.yaml: can't be written"), "{}", said.err);
        }
    }
}

#[test]
fn loops_of_loops_are_followed_once() {
    let mut text = "Resources:\n  A:\n    Type: AWS::ApiGateway::Method\n    Properties:\n      Integration: {Type: HTTP_PROXY, Uri: http://a}\nx-0: &l0 {B: {Type: A::B::C}}\n".to_owned();
    for level in 1..40 {
        let loops = format!("[x, [a], *l{}]", level - 1);
        let _ = writeln!(text, "x-{level}: &l{level} {{\"Fn::ForEach::A\": {loops}, \"Fn::ForEach::B\": {loops}}}");
    }
    let text = text.replace("Resources:\n", "");
    let (resources, levels) = text.split_once("x-0").expect("levels");
    let text = format!("x-0{levels}Resources:\n{resources}  \"Fn::ForEach::C\": [x, [a], *l39]\n");
    let folder = folder("loops", &[("a.yaml", &text)]);
    let said = run(&folder, &["patch", "a.yaml"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("1 integration in 1 document patched"), "{}", said.out);
}

#[test]
fn names_move_no_cursor() {
    let json = r#"{"swagger":"2.0","paths":{"/\u001b[2J\n::error::x":{"get":{"x-amazon-apigateway-integration":{"type":"http","uri":"http://\u001b[31ma"}}}}}"#;
    let folder = folder("escapes", &[("a.json", json)]);
    for format in ["text", "github"] {
        let said = run(&folder, &["check", "a.json", "--format", format]);
        assert!(!said.out.contains('\u{1b}') && !said.out.contains("\n::error::x"), "{}", said.out);
        assert!(
            said.out.contains("GET /\\u{1b}[2J\\n::error::x") || said.out.contains("GET /\\u{1b}[2J%5Cn"),
            "{}",
            said.out
        );
    }
}
