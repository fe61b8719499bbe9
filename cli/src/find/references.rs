//! What documents say of each other: a template names the definition that it includes.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::found::{Reader, Reference};
use crate::table::Api;

/// What another document says of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) api: Option<Api>,
    pub(crate) reader: Reader,
}

#[derive(Debug, Default)]
pub(crate) struct References {
    hints: HashMap<PathBuf, Hint>,
}

impl References {
    /// Notes what a document in `folder` refers to.
    pub(crate) fn add(&mut self, folder: &Path, references: &[Reference]) {
        for Reference { path, api, reader } in references {
            self.hints.insert(identity(&folder.join(path)), Hint { api: *api, reader: *reader });
        }
    }

    pub(crate) fn hint(&self, path: &Path) -> Option<Hint> {
        self.hints.get(&identity(path)).copied()
    }
}

/// The files that were passed.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    files: BTreeSet<PathBuf>,
}

impl Passed {
    pub(crate) fn new<'p>(paths: impl Iterator<Item = &'p Path>) -> Self {
        Self { files: paths.map(identity).collect() }
    }

    /// Whether a file is among them, or a folder holds one of them.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let path = identity(path);
        self.files.contains(&path) || self.files.iter().any(|file| file.parent() == Some(&path))
    }
}

/// The same for every path of a file.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| plain(path))
}

/// Without `.` and `..`, so that two spellings of a path are one.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::found::{Reader, Reference};
    use super::{Hint, References};
    use crate::table::Api;

    #[test]
    fn spellings_of_a_path_are_one() {
        let mut references = References::default();
        let hint = Hint { api: Some(Api::Http), reader: Reader::CloudFormation };
        let reference = Reference { path: "../spec/./api.yaml".into(), api: hint.api, reader: hint.reader };
        references.add(Path::new("./sam"), &[reference]);
        assert_eq!(references.hint(Path::new("spec/api.yaml")), Some(hint));
        assert_eq!(references.hint(Path::new("api.yaml")), None);
    }
}
