//! The order of `src`: a file uses only what comes before it in the way of a request.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules, in the order of a request. Each may use itself and those before it.
const ORDER: [&str; 21] = [
    // Used by all.
    "catch_panic",
    "clock",
    "error_statuses",
    "unusable",
    // The way of a request.
    "request",
    "env",
    "hints",
    "trust",
    "parent",
    "observe",
    "access_log",
    "flush",
    "core",
    "exchange",
    "layer",
    "tower",
    "actix",
    "lambda",
    // What becomes of its span.
    "export",
    "otlp",
    "lib",
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src");
    let mut found = Vec::new();
    files(&root, &mut found);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("text");
        (path.strip_prefix(&root).expect("below it").to_owned(), text)
    };
    found.into_iter().map(read).collect()
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
        for used in text.split("crate::").skip(1) {
            let used = used.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().expect("a name");
            // Items that `lib.rs` re-exports are named in docs.
            if !used.is_empty() && module != "lib" {
                assert!(place(used) <= place(module), "{} uses {used}", path.display());
                imports += 1;
            }
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
