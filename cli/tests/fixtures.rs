//! Every document in `tests/fixtures`: patched, compared, and sent a request through.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use apigateway_inferred_span::Proxy;
use serde_json::Value;

use crate::cases::{Case, CASES};
use crate::documents::{data, integrations};
use crate::interpreter::{assert_believed, Api, Integration};
use crate::support::{copy_folder, is_contained, read, root, run, scratch, Said};

fn fixtures() -> PathBuf {
    root().join("tests/fixtures")
}

/// A copy of a case, and its files.
fn copy(case: &Case, index: usize, test: &str) -> (PathBuf, Vec<PathBuf>) {
    let folder = scratch(&format!("{test}-{index}"));
    let (from, to) = (fixtures().join(case.path), folder.join(case.path));
    match from.is_dir() {
        true => {
            fs::create_dir_all(&to).expect("made");
            copy_folder(&from, &to);
        }
        false => {
            fs::create_dir_all(to.parent().expect("a folder")).expect("made");
            fs::copy(&from, &to).expect("copied");
        }
    }
    let mut files = Vec::new();
    list(&to, &mut files);
    (folder, files)
}

fn list(path: &Path, files: &mut Vec<PathBuf>) {
    match path.is_dir() {
        true => fs::read_dir(path).expect("a folder").for_each(|entry| list(&entry.expect("an entry").path(), files)),
        false => files.push(path.to_owned()),
    }
}

fn command(case: &Case, folder: &Path, command: &[&str]) -> Said {
    run(folder, &[command, case.arguments, &[case.path]].concat())
}

#[test]
fn every_fixture_has_a_case() {
    let mut files = Vec::new();
    list(&fixtures(), &mut files);
    assert!(files.len() >= 40, "{}", files.len());
    let covered = |file: &Path| CASES.iter().any(|case| file.starts_with(fixtures().join(case.path)));
    // Those are left alone as a whole.
    let others = ["cdk/Orders.template.json", "cdk/Http.template.json", "terraform/locals/main.tf"];
    let known = |file: &Path| covered(file) || others.iter().any(|other| file.ends_with(other));
    let unknown: Vec<_> = files.iter().filter(|file| !known(file)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn integrations_are_counted_and_others_left_alone() {
    for case in &CASES {
        let said = command(case, &fixtures(), &["check", "--format", "json"]);
        let report: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(report["errors"], serde_json::json!([]), "{}", case.path);
        let found = ["integrations", "left_alone", "not_checked"].map(|name| report["summary"][name].as_u64());
        let expected = [case.integrations, case.left_alone, case.not_checked].map(|number| Some(number as u64));
        assert_eq!(found, expected, "{}: {}", case.path, said.out);
        assert_eq!(said.code, i32::from(case.integrations > 0 && !case.path.contains("datadog")), "{}", case.path);
    }
}

#[test]
fn patching_adds_headers_and_nothing_else() {
    for (index, case) in CASES.iter().enumerate() {
        let (folder, files) = copy(case, index, "patched");
        let before: Vec<_> = files.iter().map(|file| (read(file), data_of(file))).collect();
        let said = command(case, &folder, &["patch"]);
        assert_eq!(said.code, i32::from(case.stays_wrong), "{}: {}{}", case.path, said.out, said.err);
        for (file, (text, data)) in files.iter().zip(before) {
            let after = read(file);
            assert!(is_contained(&text, &after), "{}", file.display());
            if let (Some(before), Some(after)) = (data, data_of(file)) {
                assert_only_headers_added(&before, &after, &file.to_string_lossy());
            }
        }
    }
}

/// A template of Terraform's isn't what it is a template of.
fn data_of(file: &Path) -> Option<Value> {
    let name = file.to_string_lossy();
    (!name.contains("placeholder") && !name.contains("template/")).then(|| data(file))
}

fn assert_only_headers_added(before: &Value, after: &Value, place: &str) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                let kept = after.get(key).unwrap_or_else(|| panic!("{place}: {key} is gone"));
                assert_only_headers_added(value, kept, &format!("{place}.{key}"));
            }
            let added = after.iter().filter(|(key, _)| !before.contains_key(*key));
            added.for_each(|(key, value)| assert_headers(key, value, place));
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len(), "{place}");
            before.iter().zip(after).for_each(|(before, after)| assert_only_headers_added(before, after, place));
        }
        // `requestParameters:` without a value.
        (Value::Null, Value::Object(after)) => after.iter().for_each(|(key, value)| assert_headers(key, value, place)),
        // A definition inside a heredoc, or an expression of HCL.
        (Value::String(before), Value::String(after)) => assert!(is_contained(before, after), "{place}: {after}"),
        _ => assert_eq!(before, after, "{place}"),
    }
}

fn assert_headers(key: &str, value: &Value, place: &str) {
    let containers = ["requestParameters", "RequestParameters", "request_parameters", "parameters", "headers"];
    match value.as_object() {
        Some(inner) if containers.contains(&key) => {
            inner.iter().for_each(|(key, value)| assert_headers(key, value, place))
        }
        _ => assert!(key.contains("x-dd-proxy"), "{place}: {key} was added"),
    }
}

#[test]
fn patched_twice_is_patched_once() {
    for (index, case) in CASES.iter().enumerate() {
        let (folder, files) = copy(case, index, "twice");
        command(case, &folder, &["patch", "--replace"]);
        let once: Vec<_> = files.iter().map(|file| read(file)).collect();
        let said = command(case, &folder, &["patch", "--replace"]);
        assert!(said.out.contains("0 integrations in 0 documents patched"), "{}: {}", case.path, said.out);
        let twice: Vec<_> = files.iter().map(|file| read(file)).collect();
        assert_eq!(once, twice, "{}", case.path);
        let diff = command(case, &folder, &["patch", "--replace", "--diff"]);
        assert!(!diff.out.contains("@@"), "{}: {}", case.path, diff.out);
    }
}

#[test]
fn the_diff_is_what_a_patch_does() {
    for (index, case) in CASES.iter().enumerate() {
        let (folder, files) = copy(case, index, "diff");
        let before: Vec<_> = files.iter().map(|file| read(file)).collect();
        let said = command(case, &folder, &["patch", "--diff", "--replace"]);
        let untouched: Vec<_> = files.iter().map(|file| read(file)).collect();
        assert_eq!(before, untouched, "{}", case.path);
        if said.out.is_empty() {
            assert_eq!(case.integrations, 0, "{}", case.path);
            continue;
        }
        fs::write(folder.join("changes"), &said.out).expect("written");
        let applied = Command::new("git")
            .args(["apply", "--whitespace=nowarn", "changes"])
            .current_dir(&folder)
            // Within this project's own repository, it would pass over files that belong to the folder of the build.
            .env("GIT_CEILING_DIRECTORIES", folder.canonicalize().expect("there").parent().expect("a folder"))
            .output()
            .expect("git");
        assert!(applied.status.success(), "{}: {}\n{}", case.path, String::from_utf8_lossy(&applied.stderr), said.out);
        let by_diff: Vec<_> = files.iter().map(|file| read(file)).collect();
        files.iter().zip(&before).for_each(|(file, text)| fs::write(file, text).expect("written"));
        command(case, &folder, &["patch", "--replace"]);
        let by_patch: Vec<_> = files.iter().map(|file| read(file)).collect();
        assert_eq!(by_diff, by_patch, "{}", case.path);
    }
}

#[test]
fn applications_receive_what_the_gateway_knows() {
    for (index, case) in CASES.iter().enumerate() {
        let (folder, files) = copy(case, index, "received");
        command(case, &folder, &["patch", "--replace"]);
        // Of `placeholder.yaml`, nobody knows what it is once its placeholders are filled in.
        let (mut believed, mut others) = (0, usize::from(case.path.ends_with("placeholder.yaml")));
        for file in files.iter().filter(|file| !file.ends_with("placeholder.yaml")) {
            let api = if file.ends_with("rest.json.tpl") { Some(Api::Rest) } else { case.api };
            for integration in integrations(file, api) {
                if left_as_it_is(&integration, case.path) {
                    others += usize::from(!integration.uri.contains("example.org"));
                    continue;
                }
                let proxy = match (integration.api, case.path) {
                    (Api::Http, "openapi/http-datadog.yaml") | (Api::Rest, _) => Proxy::RestApi,
                    (Api::Http, _) => Proxy::HttpApi,
                };
                assert_believed(&integration, proxy, true);
                believed += 1;
            }
        }
        // The other parsers find each alias.
        let all = believed + others;
        let is_all = if case.path.contains("alias") || case.path.contains("anchors") {
            all > case.integrations
        } else {
            all == case.integrations
        };
        assert!(is_all, "{}: {believed} believed, {others} others", case.path);
    }
}

/// What the command was told to leave alone, or can't put right.
fn left_as_it_is(integration: &Integration, path: &str) -> bool {
    // `put` of the wrong ones has a mapping too many, or a path parameter that isn't mapped.
    let by_hand = path.contains("wrong") && integration.name.starts_with("put");
    integration.uri.contains("example.org") || by_hand
}
