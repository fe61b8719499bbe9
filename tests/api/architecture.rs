//! The order of the sources: a file uses only what comes before it.

use crate::sources::files;

/// A package's sources, and its modules in the order in which a request or a document passes them. Each may use itself
/// and those before it.
struct Tree {
    folder: &'static str,
    order: &'static [&'static str],
}

const TREES: [Tree; 2] = [
    Tree {
        folder: "../src",
        order: &[
            // Used by all.
            "catch_panic",
            "clock",
            "error_statuses",
            "said_once",
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
        ],
    },
    Tree {
        folder: "../cli/src",
        order: &[
            "text", "tree", "table", "dialect", "find", "document", "ignore", "judge", "change", "edit", "verify",
            "outcome", "examine", "diff", "write", "paths", "args", "run", "print", "report", "main",
        ],
    },
];

const MOST_LINES: usize = 250;

impl Tree {
    fn place(&self, module: &str) -> usize {
        let place = self.order.iter().position(|known| *known == module);
        place.unwrap_or_else(|| panic!("{module} has no place in the order"))
    }
}

/// The text before a file's unit tests, which may use what they like.
fn code(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests {").next().expect("code")
}

#[test]
fn no_import_runs_back_up() {
    for tree in TREES {
        let mut imports = 0;
        for (path, text) in files(tree.folder) {
            let first = path.components().next().expect("a file").as_os_str().to_string_lossy();
            let module = first.trim_end_matches(".rs");
            for used in code(&text).split("crate::").skip(1) {
                let used = used.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().expect("a name");
                // Items that `lib.rs` re-exports are named in docs.
                if !used.is_empty() && module != "lib" {
                    assert!(tree.place(used) <= tree.place(module), "{}{} uses {used}", tree.folder, path.display());
                    imports += 1;
                }
            }
        }
        assert!(imports > 50, "{}: {imports}", tree.folder);
    }
}

#[test]
fn no_file_is_longer_than_a_room() {
    for tree in TREES {
        for (path, text) in files(tree.folder) {
            let lines = text.lines().count();
            assert!(lines <= MOST_LINES, "{}/{}: {lines} lines", tree.folder, path.display());
        }
    }
}
