//! The fixtures with a few characters put in or left out: whatever they are then, nothing panics and nothing is lost.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{is_contained, read, root, run, scratch, write};

/// Characters that mean something to one of the formats.
const MARKS: &[char] = &[
    '{', '}', '[', ']', ':', ',', '"', '\'', '#', '&', '*', '!', '|', '>', '-', '?', '%', '@', '\n', '\r', '\t', ' ',
    '$', '<', '=', '(', ')', '/', '\\', '~', 'é', '\u{feff}',
];

fn fixtures(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => fixtures(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn mutated_documents_are_patched_or_refused_but_never_broken() {
    let mut files = Vec::new();
    fixtures(&root().join("tests/fixtures"), &mut files);
    files.sort();
    let folder = scratch("mutated");
    let mutation = (any::<prop::sample::Index>(), any::<bool>(), prop::sample::select(MARKS));
    let strategy = (any::<prop::sample::Index>(), prop::collection::vec(mutation, 1..4));
    let mut runner = TestRunner::new(Config { cases: 500, failure_persistence: None, ..Config::default() });
    let result = runner.run(&strategy, |(file, mutations)| {
        let path = file.get(&files);
        let mut text: Vec<char> = read(path).chars().collect();
        for (place, is_added, mark) in mutations {
            let place = place.index(text.len());
            match is_added {
                true => text.insert(place, mark),
                false => drop(text.remove(place)),
            }
        }
        let text: String = text.into_iter().collect();
        let name = path.file_name().expect("a name").to_str().expect("UTF-8");
        write(&folder.join(name), &text);
        let said = run(&folder, &["patch", name, "--api", "rest", "--region", "eu-west-1"]);
        // A panic's code is 101.
        prop_assert!((0..=2).contains(&said.code), "{}{}\n{}", said.out, said.err, text);
        let once = read(&folder.join(name));
        prop_assert!(is_contained(&text, &once), "{}\n{}", text, once);
        if said.code != 2 {
            let again = run(&folder, &["patch", name, "--api", "rest", "--region", "eu-west-1"]);
            prop_assert_eq!(again.code, said.code, "{}{}\n{}", again.out, again.err, text);
            prop_assert_eq!(&read(&folder.join(name)), &once);
        }
        fs::remove_file(folder.join(name)).expect("removed");
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
