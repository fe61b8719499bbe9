//! The documentation of setters: each has an example, and says what holds without it.

use crate::sources::files;

struct Setter {
    name: String,
    docs: Vec<String>,
}

/// The public methods from `self` to `Self`, as rustfmt lays them out, with the lines of their documentation.
fn setters(source: &str) -> Vec<Setter> {
    let (mut found, mut docs) = (Vec::new(), Vec::new());
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if let Some(doc) = line.trim_start().strip_prefix("///") {
            docs.push(doc.to_owned());
            continue;
        }
        if line.trim_start().starts_with("#[") {
            continue;
        }
        let docs = std::mem::take(&mut docs);
        let Some(function) = line.strip_prefix("    pub fn ") else { continue };
        let mut signature = function.to_owned();
        while !signature.contains('{') {
            signature += lines.next().expect("a body");
        }
        let takes_self = signature.contains("(self") || signature.contains("(mut self");
        if takes_self && signature.contains("-> Self") {
            let name = signature.split(['(', '<']).next().expect("a name").to_owned();
            found.push(Setter { name, docs });
        }
    }
    found
}

#[test]
fn each_setter_has_an_example_and_a_default() {
    let mut count = 0;
    for (path, source) in files("../src") {
        for Setter { name, docs } in setters(&source) {
            // For the fuzzer alone.
            if name == "wall_clock" {
                continue;
            }
            let place = format!("{}: {name}", path.display());
            assert!(docs.iter().any(|line| line.trim() == "```"), "{place} has no example");
            let docs = docs.concat().to_lowercase();
            assert!(docs.contains("default"), "{place} doesn't say what holds without it");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}
