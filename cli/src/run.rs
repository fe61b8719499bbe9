//! Goes through the files.

use std::fs;
use std::path::Path;

use crate::args::Common;
use crate::document::{Document, Fault};
use crate::examine::{examine, Request};
use crate::find::{find, Modules, Passed, References, Settings};
use crate::outcome::Examined;
use crate::paths::{candidates, Candidate};

/// What became of all files.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) examined: Vec<Examined>,
    pub(crate) faults: Vec<Fault>,
    /// Patterns of `--exclude` that match nothing: a misspelt one would let the headers through.
    pub(crate) unmatched: Vec<String>,
    /// Whether `x-dd-proxy-user` is wanted.
    pub(crate) user: bool,
}

/// Examines every file that the arguments name.
pub(crate) fn run(common: &Common, request: &Request) -> Results {
    let (files, faults) = candidates(&common.paths);
    let mut results = Results { faults, user: request.user, ..Results::default() };
    let known =
        Known { modules: Modules::default(), passed: Passed::new(files.iter().map(|file| file.path.as_path())) };
    let references = references(&files, common, &known);
    for file in &files {
        match one(file, &settings(&file.path, &references, common, &known), request) {
            Ok(Some(examined)) => results.examined.push(examined),
            Ok(None) if file.named => {
                let reason = "not recognised as OpenAPI, CloudFormation, SAM, Terraform or Serverless Framework";
                results.faults.push(Fault::new(&file.path, reason));
            }
            Ok(None) => {}
            Err(fault) => results.faults.push(fault),
        }
    }
    if results.examined.is_empty() && results.faults.is_empty() {
        let place = common.paths.first().map_or(Path::new("."), |path| path.as_path());
        results.faults.push(Fault::new(place, "nothing was recognised in it"));
    }
    let is_unmatched = |pattern: &String| !results.examined.iter().any(|document| document.matched.contains(pattern));
    results.unmatched = request.exclude.iter().map(glob::Pattern::to_string).filter(is_unmatched).collect();
    results
}

/// What is known of all files before they are examined.
struct Known {
    modules: Modules,
    passed: Passed,
}

fn settings<'s>(path: &'s Path, references: &References, common: &'s Common, known: &'s Known) -> Settings<'s> {
    let synthesized = is_synthesized(path);
    Settings {
        path,
        modules: &known.modules,
        passed: &known.passed,
        synthesized,
        api: common.api,
        region: common.region.as_deref(),
        hint: references.hint(path),
    }
}

/// Whether a file is in a cloud assembly, where templates are beside copies of the files that they use. The assembly has
/// its version in a file `cdk.out`, whatever its folder is called.
fn is_synthesized(path: &Path) -> bool {
    let path = fs::canonicalize(path).unwrap_or_default();
    path.ancestors().skip(1).any(|folder| folder.join("cdk.out").is_file())
}

fn one(file: &Candidate, settings: &Settings<'_>, request: &Request) -> Result<Option<Examined>, Fault> {
    let Some(document) = Document::read(&file.path, file.named)? else { return Ok(None) };
    let Some(parsed) = document.parse(file.named, settings.is_part_of_service())? else { return Ok(None) };
    let mut examined = examine(&document, &parsed, settings, request)?;
    if examined.new_text.is_some() {
        examined.old_text = Some(document.text);
    }
    Ok(Some(examined))
}

/// What the files say of each other. Nothing is said of a file that is alone.
fn references(files: &[Candidate], common: &Common, known: &Known) -> References {
    const REFERRING: [&str; 4] = ["Location", "DefinitionUri", "BodyS3Location", "file("];
    // Most of a definition's `$ref` stay in it.
    const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];
    let mut references = References::default();
    if files.len() < 2 {
        return references;
    }
    // Pipes can be read only once.
    for file in files.iter().filter(|file| file.path.is_file()) {
        // What can't be read or parsed is said when it is examined.
        let Ok(Some(document)) = Document::read(&file.path, file.named) else { continue };
        let has = |word: &&str| document.text.as_str().contains(*word);
        let refers = REFERRING.iter().any(has) || (has(&"$ref") && ENDINGS.iter().any(has));
        if !refers {
            continue;
        }
        let Ok(Some(parsed)) = document.parse(file.named, false) else { continue };
        let none = References::default();
        let found = find(parsed.kind, &parsed.roots, &document.text, &settings(&file.path, &none, common, known));
        references.add(file.path.parent().unwrap_or(Path::new("")), &found.references);
    }
    references
}
