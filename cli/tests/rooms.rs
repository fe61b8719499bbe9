//! The house rules of `src`: short files, and a document that goes one way.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{read, root};

/// The modules, in the order in which a document passes them. Each may use itself and those before it.
const ORDER: [&str; 21] = [
    "text", "tree", "table", "dialect", "find", "document", "ignore", "judge", "change", "edit", "verify", "outcome",
    "examine", "diff", "write", "paths", "args", "run", "print", "report", "main",
];

const MOST_LINES: usize = 250;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let folder = root().join("src");
    let mut found = Vec::new();
    files(&folder, &mut found);
    found.into_iter().map(|path| (path.strip_prefix(&folder).expect("below it").to_owned(), read(&path))).collect()
}

fn place(module: &str) -> usize {
    let place = ORDER.iter().position(|known| *known == module);
    place.unwrap_or_else(|| panic!("{module} has no place in the order"))
}

#[test]
fn no_import_runs_back_up() {
    let mut imports = 0;
    for (path, text) in sources() {
        let first = path.components().next().expect("a file").as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs");
        // The tests of a file may use what they like.
        let code = text.split("#[cfg(test)]").next().expect("code");
        for used in code.split("crate::").skip(1) {
            let used = used.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().expect("a name");
            assert!(place(used) <= place(module), "{} uses {used}", path.display());
            imports += 1;
        }
    }
    assert!(imports > 50, "{imports}");
}

#[test]
fn no_file_is_longer_than_a_room() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{}: {lines} lines", path.display());
    }
}
