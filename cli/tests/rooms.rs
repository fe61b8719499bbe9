//! The sources' own house rules.

use std::fs;
use std::path::Path;

use crate::support::{read, root};

const MOST_LINES: usize = 250;

fn check(folder: &Path, files: &mut usize) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            check(&path, files);
        } else {
            let lines = read(&path).lines().count();
            assert!(lines <= MOST_LINES, "{}: {lines} lines", path.display());
            *files += 1;
        }
    }
}

#[test]
fn no_file_is_longer_than_a_room() {
    let mut files = 0;
    check(&root().join("src"), &mut files);
    assert!(files > 30, "{files}");
}
