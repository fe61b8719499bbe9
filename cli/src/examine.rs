//! One document from its text to what is said of it, and to its new text.

use std::collections::BTreeSet;
use std::path::Path;

use crate::change::{Changes, Planned, Wishes};
use crate::dialect::display;
use crate::document::{Document, Fault, Parsed};
use crate::edit::{apply, splices, NewText, Splice};
use crate::find::{find, Found, Integration, Kind, LeftAlone, Passed, Place, Reason, Settings, Standing, Undecided};
use crate::ignore::Ignored;
use crate::judge::judge;
use crate::outcome::{Examined, Finding, Skipped};
use crate::text::Text;
use crate::tree::NodeId;
use crate::verify;

/// How often parts of the changes are tried if a document can't be patched.
const MOST_TRIED: usize = 100;

const IGNORED: &str = "ignored by a comment";

/// What is asked of every document.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) user: bool,
    pub(crate) exclude: Vec<glob::Pattern>,
    /// `None` to check only.
    pub(crate) patch: Option<Wishes>,
}

/// Checks a document, and makes its new text if that is asked for.
///
/// # Errors
///
/// If the kind of an API can't be told, or if the new text isn't what was meant.
pub(crate) fn examine(
    document: &Document,
    parsed: &Parsed<'_>,
    settings: &Settings<'_>,
    request: &Request,
) -> Result<Examined, Fault> {
    let attempt = |refused| attempt(document, parsed, settings, request, refused);
    match attempt(&BTreeSet::new()) {
        // One that can't be patched keeps no others from it.
        Err(Refusal { mappings, .. }) if !mappings.is_empty() => attempt(&mappings),
        done => done,
    }
    .map_err(|refusal| refusal.fault)
}

/// Why a document has no new text.
struct Refusal {
    fault: Fault,
    /// The mappings without whose changes it may have one.
    mappings: BTreeSet<NodeId>,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { fault, mappings: BTreeSet::new() }
    }
}

/// With the mappings that turned out to be ones that can't be patched.
fn attempt(
    document: &Document,
    parsed: &Parsed<'_>,
    settings: &Settings<'_>,
    request: &Request,
    refused: &BTreeSet<NodeId>,
) -> Result<Examined, Refusal> {
    let text = &document.text;
    let mut found = find(parsed.kind, &parsed.roots, text, settings);
    let matches = |pattern: &&glob::Pattern| {
        found.integrations.iter().any(|integration| pattern.matches(&display(&integration.uri)))
    };
    let matched = request.exclude.iter().filter(matches).map(glob::Pattern::to_string).collect();
    let synthesized = parsed.kind == Kind::Cdk || settings.synthesized;
    leave(&mut found, document, settings, request, synthesized, refused);
    if let Some(Undecided { range, name, choice }) = found.undecided.first() {
        let reason = format!("can't tell whether {name} belongs to {choice}");
        return Err(Fault { line: Some(text.line(range.start) + 1), ..Fault::new(&document.path, reason) }.into());
    }
    let mut changes = Changes::default();
    let findings = found.integrations.iter().map(|integration| {
        let verdict = judge(integration, text, request.user);
        let made = request.patch.map(|wishes| changes.add(integration, &verdict, wishes));
        Finding::new(integration, verdict, made.unwrap_or_default(), text)
    });
    let findings = findings.collect();
    let new_text = match changes.list.is_empty() {
        true => None,
        false => Some(new_text(document, parsed, &changes.list)?),
    };
    Ok(Examined {
        path: document.path.clone(),
        kind: parsed.kind,
        findings,
        skipped: found.left_alone.into_iter().map(|left| Skipped::new(left, text)).collect(),
        without_region: changes.without_region,
        deployment: found.deployment,
        matched,
        old_text: None,
        new_text,
    })
}

/// Takes out what the user doesn't want to be patched, and what can't be.
fn leave(
    found: &mut Found<'_>,
    document: &Document,
    settings: &Settings<'_>,
    request: &Request,
    synthesized: bool,
    refused: &BTreeSet<NodeId>,
) {
    let ignored = Ignored::new(&document.text);
    let mut left = std::mem::take(&mut found.left_alone);
    for each in &mut left {
        // An integration is ignored by a comment anywhere in it, but of these only the beginning is known.
        match ignored.covers(&(each.at..each.at + 1)) {
            true => each.reason = IGNORED.into(),
            false => ask_for_file(&mut each.reason, document, settings.passed),
        }
    }
    let not_patched =
        |integration: &Integration<'_>, reason: &'static str| match judge(integration, &document.text, request.user)
            .fails(false)
        {
            true => Reason::not_patched(reason),
            false => reason.into(),
        };
    let reason = |integration: &Integration<'_>| {
        let uri = display(&integration.uri);
        match &integration.place {
            _ if ignored.covers(&integration.range) => Some(Reason::from(IGNORED)),
            _ if request.exclude.iter().any(|pattern| pattern.matches(&uri)) => Some("excluded by --exclude".into()),
            Place::Unreadable(reason) => Some(Reason::not_checked(*reason)),
            // The next synth would write over it.
            _ if synthesized && request.patch.is_some() => Some(not_patched(
                integration,
                "CDK output: patch the CDK source, `apigw-headers print cdk` prints the mappings",
            )),
            Place::Computed(_) if request.patch.is_some() => Some(not_patched(
                integration,
                "the mappings are computed: add the headers to the maps that they come from",
            )),
            place if place.writes().iter().any(|mapping| refused.contains(mapping)) => {
                Some(Reason::not_patched("the way in which it is written isn't understood: add the mappings by hand"))
            }
            _ => None,
        }
    };
    let mut kept = Vec::new();
    for integration in std::mem::take(&mut found.integrations) {
        match reason(&integration) {
            Some(reason) => left.push(left_alone(integration, reason)),
            None => kept.push(integration),
        }
    }
    // What is left alone would get what is added to a mapping that it has by an alias or a merge.
    let untouchable: BTreeSet<_> = left.iter().flat_map(|each| &each.reads).copied().collect();
    for integration in kept {
        let shares = || integration.place.writes().iter().any(|node| untouchable.contains(node));
        match request.patch.is_some() && !untouchable.is_empty() && shares() {
            true => {
                let reason = "its mappings are shared with an integration that is left alone";
                let reason = not_patched(&integration, reason);
                left.push(left_alone(integration, reason));
            }
            false => found.integrations.push(integration),
        }
    }
    found.left_alone = left;
    found.undecided.retain(|undecided| !ignored.covers(&undecided.range));
}

fn left_alone(integration: Integration<'_>, reason: Reason) -> LeftAlone {
    LeftAlone { at: integration.range.start, reads: integration.place.reads(), name: integration.name, reason }
}

/// Asks for a file that wasn't passed. One that was is checked by itself.
fn ask_for_file(reason: &mut Reason, document: &Document, passed: &Passed) {
    let Some(path) = &reason.elsewhere else { return };
    let path = document.path.parent().unwrap_or(Path::new("")).join(path);
    if passed.has(&path) {
        reason.standing = Standing::LeftAlone;
    } else {
        reason.text +=
            if path.is_dir() || path.extension().is_none() { ": pass that folder too" } else { ": pass that file too" };
    }
}

/// Puts the changes in, and makes sure that nothing else has changed.
fn new_text(document: &Document, parsed: &Parsed<'_>, changes: &[Planned<'_>]) -> Result<NewText, Refusal> {
    made(document, parsed, changes).map_err(|reason| {
        let culprits = culprits(document, parsed, changes, &mut { MOST_TRIED });
        let line = culprits.first().map(|(_, change)| document.text.line(change.at()) + 1);
        let fault = Fault { line, ..Fault::new(&document.path, format!("can't be patched: {reason}")) };
        let mappings = culprits.iter().map(|(_, change)| change.mapping()).collect::<Option<BTreeSet<_>>>();
        Refusal { fault, mappings: mappings.unwrap_or_default() }
    })
}

/// The changes that can't be made, by halves: a large document isn't parsed once for each of its changes.
fn culprits<'c, 'a>(
    document: &Document,
    parsed: &Parsed<'_>,
    changes: &'c [Planned<'a>],
    left: &mut usize,
) -> Vec<&'c Planned<'a>> {
    if *left == 0 {
        return changes.iter().collect();
    }
    *left -= 1;
    match changes {
        _ if changes.is_empty() || made(document, parsed, changes).is_ok() => Vec::new(),
        [only] => vec![only],
        _ => {
            let (first, second) = changes.split_at(changes.len() / 2);
            let mut found = culprits(document, parsed, first, left);
            found.extend(culprits(document, parsed, second, left));
            found
        }
    }
}

fn made(document: &Document, parsed: &Parsed<'_>, changes: &[Planned<'_>]) -> Result<NewText, String> {
    let root = parsed.roots.first().ok_or("it is empty")?;
    let mut made: Vec<Splice> = Vec::new();
    for (dialect, change) in changes {
        made.extend(splices(change, dialect, root, &document.text)?);
    }
    let new = apply(document.text.as_str(), &mut made).ok_or("two changes meet")?;
    let new = NewText { text: Text::new(new), splices: made };
    match verify::is_as_meant(document, parsed, &new, changes) {
        true => Ok(new),
        false => Err("the patched text doesn't parse as intended".to_owned()),
    }
}
