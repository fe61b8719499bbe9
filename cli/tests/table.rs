//! The command has a table of headers of its own. It must be the library's.

use std::collections::BTreeMap;

use crate::support::{read, root, run};

/// What `print console` says: names and values.
fn printed(api: &str) -> BTreeMap<String, String> {
    let said = run(root(), &["print", "console", "--api", api, "--region", "eu-west-1", "--user"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let pairs = said.out.lines().skip(1).map(|line| line.trim().split_once(' ').expect("a name and a value"));
    // The form of HTTP APIs wants `header.` before a name.
    let prefix = if api == "http" { "header." } else { "" };
    let names = pairs.map(|(name, value)| (name.strip_prefix(prefix).expect("a header").to_owned(), value));
    names.map(|(name, value)| (name, value.trim().to_owned())).collect()
}

#[test]
fn names_are_those_that_the_library_reads() {
    let source = read(&root().join("../src/request/names.rs"));
    let names =
        source.split('"').filter(|text| text.starts_with("x-dd-proxy")).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(names.len(), 12);
    for api in ["rest", "http"] {
        assert_eq!(printed(api).keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>(), names);
    }
}

#[test]
fn values_are_those_of_the_readme() {
    let readme = read(&root().join("../README.md"));
    let mut rows = 0;
    let (rest, http) = (printed("rest"), printed("http"));
    for line in readme.lines().filter(|line| line.starts_with("| `x-dd-proxy")) {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, name, rest_value, http_value, ..] = cells.as_slice() else { panic!("{line}") };
        assert_eq!(rest.get(*name).map(String::as_str), Some(*rest_value), "{name}");
        assert_eq!(http.get(*name).map(String::as_str), Some(*http_value), "{name}");
        rows += 1;
    }
    assert_eq!(rows, 12);
}
