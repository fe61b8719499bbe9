//! The files that the arguments name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::document::Fault;

/// Endings of files that may be documents.
const ENDINGS: [&str; 8] = ["yaml", "yml", "json", "template", "tf", "tpl", "tftpl", "tmpl"];

/// Folders that hold other people's files.
const FOREIGN: [&str; 4] = ["node_modules", "target", "vendor", "__pycache__"];

/// A file, and whether it was named itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    pub(crate) named: bool,
}

/// The files, each once, and the arguments that name none.
pub(crate) fn candidates(arguments: &[PathBuf]) -> (Vec<Candidate>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for argument in arguments {
        if argument.exists() {
            add(argument, true, &mut found, &mut faults);
            continue;
        }
        let matches: Vec<_> = glob::glob(&argument.to_string_lossy()).into_iter().flatten().flatten().collect();
        if matches.is_empty() {
            faults.push(Fault::new(argument, "no such file or folder"));
        }
        // A pattern names no file by itself.
        matches.iter().for_each(|path| add(path, false, &mut found, &mut faults));
    }
    // Two paths may lead to one file, and one of them may name it.
    let identity = |file: &Candidate| fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
    let named: BTreeSet<_> = found.iter().filter(|file| file.named).map(identity).collect();
    let mut seen = BTreeSet::new();
    found.retain(|file| seen.insert(identity(file)));
    found.iter_mut().for_each(|file| file.named = named.contains(&identity(file)));
    (found, faults)
}

fn add(path: &Path, named: bool, found: &mut Vec<Candidate>, faults: &mut Vec<Fault>) {
    match path.is_dir() {
        true => walk(path, found, faults),
        false => found.push(Candidate { path: path.to_owned(), named }),
    }
}

/// The path from the current folder, for `git apply`, which knows no absolute ones. A file elsewhere loses its first `/`.
pub(crate) fn relative(path: &Path, here: &Path) -> PathBuf {
    // The current folder is named without links, and the path may lead through one.
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    let real = folder.zip(path.file_name()).map(|(folder, name)| folder.join(name));
    let inside = [Some(path), real.as_deref()].into_iter().flatten().find_map(|path| path.strip_prefix(here).ok());
    match inside {
        Some(inside) if path.is_absolute() => inside.to_owned(),
        _ => path.strip_prefix("/").unwrap_or(path).to_owned(),
    }
}

/// Adds a folder's files in the order of their names. Links to folders aren't followed: they may lead back.
fn walk(folder: &Path, found: &mut Vec<Candidate>, faults: &mut Vec<Fault>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return faults.push(Fault::new(folder, error.to_string())),
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // What is in `.` is better called `api.yaml` than `./api.yaml`.
        let (path, name) = (entry.path(), entry.file_name());
        let path = path.strip_prefix(".").map_or(path.clone(), Path::to_owned);
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { continue };
        if name.starts_with('.') || FOREIGN.contains(&name.as_ref()) {
            continue;
        }
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if kind.is_dir() {
            walk(&path, found, faults);
        } else if (kind.is_file() || (kind.is_symlink() && path.is_file()))
            && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
        {
            found.push(Candidate { path, named: false });
        }
    }
}
