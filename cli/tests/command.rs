//! Options, formats and exit codes.

use serde_json::Value;

use crate::support::{folder, read, run, scratch};

const HTTP: &str = "\
openapi: 3.0.1
x-amazon-apigateway-cors: {}
paths:
  /a:
    get:
      x-amazon-apigateway-integration:
        type: http_proxy
        uri: https://a.example.com/x
  /b:
    get:
      x-amazon-apigateway-integration:
        type: http_proxy
        uri: https://b.example.org/y
";

#[test]
fn exit_codes_say_what_happened() {
    let files = [
        ("http.yaml", HTTP),
        ("text.yaml", "a: 1\n"),
        ("notes.md", "AWS::ApiGateway"),
        ("empty.json", ""),
        ("stack.ts", "new CfnMethod(this)\n"),
        ("variables.tf", "variable \"a\" {}\n"),
    ];
    let folder = folder("codes", &files);
    for (arguments, code, error) in [
        (&["check", "http.yaml"][..], 1, ""),
        (&["check", "."], 1, ""),
        (&["check", "*.yaml"], 1, ""),
        (&["check", "**/http.*"], 1, ""),
        (&["check", "http.yaml", "text.yaml"], 2, "text.yaml: not recognised"),
        (&["check", "text.yaml"], 2, "text.yaml: not recognised"),
        (&["check", "empty.json"], 2, "empty.json: not recognised"),
        (&["check", "notes.md"], 2, "notes.md: not recognised"),
        (&["check", "stack.ts"], 2, "stack.ts: the source of a program, such as one for CDK or Pulumi, isn't read"),
        (&["check", "variables.tf"], 0, ""),
        (&["check", "http.yaml", "variables.tf"], 1, ""),
        (&["check", "nowhere.yaml"], 2, "nowhere.yaml: no such file"),
        (&["check", "*.tpl"], 2, "*.tpl: no such file"),
        (&["patch", "http.yaml", "--diff"], 1, ""),
        (&["patch", "http.yaml"], 0, ""),
        (&["check", "http.yaml"], 0, ""),
        (&["check", "http.yaml", "--strict"], 1, ""),
        (&["check", "http.yaml", "--user"], 1, ""),
        (&["patch", "http.yaml", "--region", "eu-west-1", "--user"], 0, ""),
        (&["check", "http.yaml", "--strict", "--user"], 0, ""),
        (&["patch", "http.yaml", "--diff"], 0, ""),
        (&["check", "http.yaml", "--region", "'x"], 2, "expected a region"),
        (&["check"], 2, "required"),
    ] {
        let said = run(&folder, arguments);
        assert_eq!(said.code, code, "{arguments:?}: {}{}", said.out, said.err);
        let has_error = said.err.contains("error: ");
        assert!(said.err.contains(error) && has_error != error.is_empty(), "{arguments:?}: {}", said.err);
        let notes = said.out.matches("Note: the gateway has a value for x-dd-proxy-user only on methods").count();
        assert_eq!(notes, usize::from(arguments.contains(&"--user")), "{arguments:?}: {}", said.out);
    }
}

#[test]
fn a_folder_without_documents_has_nothing() {
    let empty = scratch("nothing");
    let said = run(&empty, &["check", "."]);
    assert_eq!((said.code, said.err.as_str()), (2, "error: .: nothing was recognised in it\n"));
}

#[test]
fn a_file_is_taken_once() {
    let folder = folder("once", &[("http.yaml", HTTP), ("sub/a.txt", "")]);
    let whole = folder.join("http.yaml");
    let paths = ["check", ".", "http.yaml", "./sub/../http.yaml", "*.yaml", whole.to_str().expect("UTF-8")];
    let said = run(&folder, &paths);
    assert!(said.out.contains("\n2 integrations in 1 document: "), "{}", said.out);
}

#[cfg(unix)]
#[test]
fn pipes_are_read_once() {
    let folder = folder("pipes", &[("http.yaml", HTTP)]);
    let command = format!("{} check <(cat http.yaml) <(cat http.yaml)", env!("CARGO_BIN_EXE_apigw-headers"));
    let output = std::process::Command::new("bash").args(["-c", &command]).current_dir(&folder).output().expect("bash");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("\n4 integrations in 2 documents: "), "{out}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_kind_that_cannot_be_told_is_asked_for() {
    let text = HTTP.replace("x-amazon-apigateway-cors: {}\n", "");
    let both = HTTP.replace("type: http_proxy\n        uri: https://b", "type: http\n        uri: https://b");
    let version = text.replace("type: http_proxy", "payloadFormatVersion: '1.0'\n        type: http_proxy");
    let folder = folder("undecided", &[("a.yaml", &text), ("b.yaml", &both), ("c.yaml", &version)]);
    for name in ["a.yaml", "b.yaml", "c.yaml"] {
        let said = run(&folder, &["check", name]);
        assert_eq!(said.code, 2);
        let expected = format!(
            "{name}:{}: can't tell whether GET /a belongs to a REST or an HTTP API",
            if name == "b.yaml" { 6 } else { 5 }
        );
        assert!(said.err.contains(&expected), "{}", said.err);
        assert_eq!(said.err.contains("(probably http: "), name == "c.yaml", "{}", said.err);
    }
    assert!(run(&folder, &["check", "a.yaml", "--api", "rest"]).out.contains("(REST API, a.yaml:5)"));
}

#[test]
fn json_says_all_of_it() {
    let wrong = "swagger: '2.0'\npaths:\n  /a:\n    get:\n      x-amazon-apigateway-integration:\n        type: http_proxy\n        uri: http://a/{id}\n        requestParameters:\n          integration.request.header.x-dd-proxy: aws-apigateway\n    put: {x-amazon-apigateway-integration: {type: mock}}\n";
    let folder = folder("json", &[("a.yaml", wrong)]);
    let said = run(&folder, &["check", "a.yaml", "--format", "json"]);
    assert_eq!(said.code, 1);
    let report: Value = serde_json::from_str(&said.out).expect("JSON");
    let integration = &report["documents"][0]["integrations"][0];
    assert_eq!(integration["name"], "GET /a");
    assert_eq!((&integration["line"], &integration["api"]), (&5.into(), &"rest".into()));
    assert_eq!((&integration["uri"], &integration["host"]), (&"http://a/{id}".into(), &"a".into()));
    assert_eq!(integration["ok"], false);
    assert_eq!(integration["missing"].as_array().map(Vec::len), Some(10));
    assert_eq!(
        integration["missing"][0],
        serde_json::json!({"header": "x-dd-proxy-request-time-ms", "class": "required"})
    );
    assert_eq!(integration["wrong"][0]["header"], "x-dd-proxy");
    assert_eq!(integration["wrong"][0]["line"], 9);
    assert_eq!(integration["path_parameters"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["documents"][0]["left_alone"][0]["name"], "PUT /a");
    assert_eq!(report["summary"]["hosts"], serde_json::json!(["a"]));
    let broken = run(&folder, &["check", "b.yaml", "--format", "json"]);
    assert_eq!(broken.code, 2);
    let report: Value = serde_json::from_str(&broken.out).expect("JSON");
    assert_eq!(report["errors"][0]["path"], "b.yaml");
}

#[test]
fn github_gets_annotations() {
    let folder = folder("github", &[("a,b.yaml", HTTP), ("c.yaml", "x-amazon-apigateway-cors: [")]);
    let said = run(&folder, &["check", ".", "--format", "github"]);
    assert_eq!(said.code, 2);
    let lines: Vec<_> = said.out.lines().collect();
    assert!(lines[0].starts_with("::error file=c.yaml,line=1,title=apigw-headers::malformed"), "{}", lines[0]);
    assert!(
        lines[1].starts_with("::error file=a%2Cb.yaml,line=6,title=apigw-headers::GET /a: missing x-dd-proxy, "),
        "{}",
        lines[1]
    );
    assert!(lines[2]
        .starts_with("::warning file=a%2Cb.yaml,line=6,title=apigw-headers::GET /a: missing x-dd-proxy-resource-path"));
    let strict = run(&folder, &["check", ".", "--format", "github", "--strict"]);
    assert!(!strict.out.contains("::warning"));
}

#[test]
fn others_addresses_are_left_alone() {
    let folder = folder("excluded", &[("a.yaml", HTTP)]);
    let said = run(&folder, &["patch", "a.yaml", "--exclude", "https://*.example.org/*"]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("left alone: GET /b (line 11): excluded by --exclude"), "{}", said.out);
    let text = read(&folder.join("a.yaml"));
    assert!(text.ends_with("        uri: https://b.example.org/y\n"), "{text}");
    assert_eq!(text.matches("overwrite:header.x-dd-proxy:").count(), 1);
    let said = run(&folder, &["check", "a.yaml", "--exclude", "*.exmaple.org*", "--exclude", "*.example.org*"]);
    assert_eq!(said.err, "warning: no integration's URI matches --exclude \"*.exmaple.org*\"\n");
}

#[test]
fn only_what_was_asked_for_is_replaced() {
    let text = HTTP.replace(
        "uri: https://b.example.org/y\n",
        "uri: https://b.example.org/y\n        requestParameters:\n          'append:header.X-DD-Proxy': 'aws-apigateway' # why\n",
    );
    let folder = folder("replaced", &[("a.yaml", &text)]);
    let said = run(&folder, &["patch", "a.yaml"]);
    assert_eq!(said.code, 1, "{}", said.out);
    let wrong = "    wrong  x-dd-proxy (line 15): `append` joins the client's own value with a comma: use `overwrite` \
                 (`--replace` puts it right)\n";
    assert!(said.out.contains(wrong), "{}", said.out);
    assert!(said.out.contains("    missing  x-dd-proxy-region (recommended)\n"), "{}", said.out);
    assert!(read(&folder.join("a.yaml")).contains("'append:header.X-DD-Proxy': 'aws-apigateway' # why\n"));
    let said = run(&folder, &["patch", "a.yaml", "--replace", "--proxy", "aws-httpapi"]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(said.out.contains("replaced  x-dd-proxy (line "), "{}", said.out);
    run(&folder, &["patch", "a.yaml", "--region", "eu-west-1"]);
    // An integration that has all says so.
    let said = run(&folder, &["patch", "a.yaml"]);
    assert_eq!(said.out.matches(")\n    ok\n").count(), 2, "{}", said.out);
    assert!(read(&folder.join("a.yaml")).contains("'overwrite:header.x-dd-proxy': 'aws-httpapi' # why\n"));
}

#[test]
fn right_values_are_written_in_more_than_one_way() {
    let key = "          overwrite:header.x-dd-proxy";
    let mappings = format!("        requestParameters:\n{key}-domain-name: ${{context.domainName}}\n          append:header.x-dd-proxy-path: $context.path\n{key}-path: $context.path\n{key}-stage: ${{context.path}}\n");
    let folder = folder("ways", &[("a.yaml", &format!("{HTTP}{mappings}"))]);
    let said = run(&folder, &["check", "a.yaml"]);
    let wrong: Vec<_> = said.out.lines().filter(|line| line.starts_with("    wrong")).collect();
    assert_eq!(
        wrong,
        [
            "    wrong  x-dd-proxy-path (line 16): `append` joins the client's own value with a comma: use `overwrite`; the \
             header is mapped twice: remove this mapping",
            "    wrong  x-dd-proxy-stage (line 18): found \"${context.path}\", expected \"$context.stage\"",
        ]
    );
}

#[test]
fn a_region_that_nobody_knows_stays_wrong() {
    let text = HTTP.replace(
        "uri: https://b.example.org/y\n",
        "uri: https://b.example.org/y\n        requestParameters: {\"append:header.x-dd-proxy-region\": eu-west-1}\n",
    );
    let folder = folder("no-region", &[("a.yaml", &text)]);
    let said = run(&folder, &["patch", "a.yaml", "--replace"]);
    assert!(said.out.contains("wrong  x-dd-proxy-region (line "), "{}", said.out);
    let said = run(&folder, &["patch", "a.yaml", "--replace", "--region", "eu-west-1"]);
    assert!(said.out.contains("replaced  x-dd-proxy-region (line "), "{}", said.out);
    assert!(read(&folder.join("a.yaml")).contains("{\"overwrite:header.x-dd-proxy-region\": eu-west-1, "));
}

#[test]
fn mappings_in_the_wrong_place_are_said() {
    let text = "Resources:\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Parameters:\n        integration.request.header.x-dd-proxy: \"'aws-apigateway'\"\n";
    let folder = folder("misplaced", &[("a.yaml", text)]);
    let said = run(&folder, &["check", "a.yaml"]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("left alone: Api (line 2): `Parameters` of a RestApi map nothing"), "{}", said.out);
}

#[test]
fn http_apis_send_the_name_that_was_chosen() {
    let folder = folder("proxy", &[("a.yaml", HTTP)]);
    assert_eq!(run(&folder, &["patch", "a.yaml", "--proxy", "aws-apigateway"]).code, 0);
    assert!(read(&folder.join("a.yaml")).contains("overwrite:header.x-dd-proxy: aws-apigateway\n"));
    let said = run(&folder, &["check", "a.yaml"]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("note  x-dd-proxy is `aws-apigateway`, as in Datadog's documentation"), "{}", said.out);
}

#[test]
fn a_patch_says_what_is_left_to_do() {
    let folder = folder("left", &[("a.yaml", HTTP)]);
    let said = run(&folder, &["patch", "a.yaml", "--quiet"]);
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(
        lines,
        [
            "hosts: a.example.com, b.example.org",
            "2 integrations in 1 document patched; 0 still wrong; 0 left alone",
            "2 integrations without x-dd-proxy-region, because the document can't tell the region: pass --region",
            "Deploy the stage: until then, it uses its old mappings.",
        ]
    );
}

#[test]
fn cdk_output_is_checked_but_not_patched() {
    let folder = crate::support::root().join("tests/fixtures/cdk");
    let said = run(&folder, &["check", "."]);
    assert_eq!(said.code, 1);
    // What Datadog's construct writes.
    assert_eq!(said.out.matches("`append` joins the client's own value").count(), 6, "{}", said.out);
    let said = run(&folder, &["patch", ".", "--diff"]);
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("not patched: ")
            && said.err.contains("CDK output: patch the CDK source, `apigw-headers print cdk` prints the mappings"),
        "{}",
        said.out
    );
}

#[test]
fn a_cloud_assembly_is_output_as_a_whole() {
    let template = r#"{"Resources":{"M":{"Type":"AWS::ApiGateway::Method","Properties":{"Integration":{"Type":"HTTP_PROXY","Uri":"http://a"}}}}}"#;
    let files = [
        ("api.yaml", HTTP),
        ("dist/cdk.out", "{\"version\":\"36.0.0\"}"),
        ("dist/asset.1.yaml", HTTP),
        ("dist/asset.2/api.yaml", HTTP),
        ("dist/Plain.template.json", template),
    ];
    let folder = folder("assembly", &files);
    assert!(run(&folder, &["check", "."]).out.contains("\n7 integrations in 4 documents: 0 ok, 7 failing"));
    let said = run(&folder, &["patch", "."]);
    assert!(said.out.contains("2 integrations in 1 document patched; 5 still wrong; 0 left alone"), "{}", said.out);
    assert!(read(&folder.join("api.yaml")).contains("x-dd-proxy"));
    for (name, text) in files.iter().filter(|(name, _)| name.starts_with("dist")) {
        assert_eq!(read(&folder.join(name)), *text, "{name}");
    }
    let inside = run(&folder.join("dist/asset.2"), &["patch", "api.yaml"]);
    assert!(inside.out.contains("CDK output: patch the CDK source"), "{}", inside.out);
}

#[test]
fn computed_settings_of_terraform_are_left_alone() {
    let folder = crate::support::root().join("tests/fixtures/terraform/locals");
    let said = run(&folder, &["patch", ".", "--diff"]);
    assert_eq!(said.code, 0);
    assert!(said.err.contains("aws_api_gateway_integration.all (line 5): the type is computed"), "{}", said.err);
}

#[test]
fn a_diff_is_the_documents_text() {
    let text = "resource \"aws_api_gateway_integration\" \"a\" {\n  # \u{1b}[31mred\u{1b}[0m \u{7f}\u{7}\n  type = \"HTTP_PROXY\"\n  uri  = \"http://a\"\n}\n";
    let folder = folder("raw", &[("a.tf", text)]);
    let said = run(&folder, &["patch", folder.join("a.tf").to_str().expect("UTF-8"), "--diff"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.starts_with("--- a/a.tf\n+++ b/a.tf\n@@ -2,4 +2,"), "{}", said.out);
    assert!(said.out.contains("\n   # \u{1b}[31mred\u{1b}[0m \u{7f}\u{7}\n"), "{:?}", said.out);
    let elsewhere = run(crate::support::root(), &["patch", folder.join("a.tf").to_str().expect("UTF-8"), "--diff"]);
    assert!(elsewhere.out.starts_with("--- a/") && !elsewhere.out.contains("a//"), "{}", elsewhere.out);
}

#[test]
fn completions_are_printed_for_each_shell() {
    let folder = scratch("completions");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = run(&folder, &["completions", shell]);
        assert_eq!(said.code, 0);
        assert!(said.out.contains("apigw-headers") && said.out.contains("exclude"), "{shell}");
    }
}

#[test]
fn output_has_no_colours_without_a_terminal() {
    let folder = folder("colours", &[("a.yaml", HTTP)]);
    let said = run(&folder, &["check", "a.yaml", "b.yaml"]);
    assert!(!said.out.contains('\u{1b}') && !said.err.contains('\u{1b}'));
}
