//! One document from its text to what is said of it, and to its new text.

use crate::change::{Changes, Wishes};
use crate::dialect::display;
use crate::document::{Document, Fault, Parsed};
use crate::edit::{apply, splices, Splice};
use crate::find::{find, Found, Integration, Kind, LeftAlone, Place, Settings};
use crate::ignore::Ignored;
use crate::judge::judge;
use crate::outcome::{Examined, Finding, NewText, Skipped};
use crate::text::Text;
use crate::tree::{parse_hcl, Node};
use crate::verify::{Comparison, Expected};

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
    let text = &document.text;
    let mut found = find(parsed.kind, &parsed.roots, text, settings);
    leave(&mut found, parsed.kind, text, request);
    if let Some((range, name)) = found.undecided.first() {
        let reason =
            format!("can't tell whether {name} belongs to a REST or an HTTP API: pass --api rest or --api http");
        return Err(Fault { line: Some(text.line(range.start) + 1), ..Fault::new(&document.path, reason) });
    }
    let mut changes = Changes::default();
    let findings = found.integrations.iter().map(|integration| {
        let verdict = judge(integration, text, request.user);
        let added = match request.patch {
            Some(wishes) => changes.add(integration, &verdict, wishes),
            None => Vec::new(),
        };
        let replaced = request.patch.is_some_and(|wishes| wishes.replace);
        Finding::new(integration, verdict, added, replaced, text)
    });
    let findings = findings.collect();
    let new_text = match changes.list.is_empty() {
        true => None,
        false => Some(new_text(document, parsed, &changes)?),
    };
    Ok(Examined {
        path: document.path.clone(),
        kind: parsed.kind,
        findings,
        left_alone: found.left_alone.into_iter().map(|left| Skipped::new(left, text)).collect(),
        without_region: changes.without_region,
        deployment: found.deployment,
        old_text: None,
        new_text,
    })
}

/// Takes out what the user doesn't want to be patched, and what can't be.
fn leave(found: &mut Found<'_>, kind: Kind, text: &Text, request: &Request) {
    let ignored = Ignored::new(text);
    let reason = |integration: &Integration<'_>| {
        let uri = display(&integration.uri);
        match &integration.place {
            _ if ignored.covers(&integration.range) => Some("ignored by a comment"),
            _ if request.exclude.iter().any(|pattern| pattern.matches(&uri)) => Some("excluded by --exclude"),
            Place::Unreadable(reason) => Some(*reason),
            // The next synth would write over it.
            _ if kind == Kind::Cdk && request.patch.is_some() => {
                Some("CDK output: patch the CDK source, `apigw-headers print cdk` prints the mappings")
            }
            _ => None,
        }
    };
    let integrations = std::mem::take(&mut found.integrations);
    for integration in integrations {
        match reason(&integration) {
            Some(reason) => found.left_alone.push(LeftAlone {
                at: integration.range.start,
                name: integration.name,
                reason: reason.to_owned(),
            }),
            None => found.integrations.push(integration),
        }
    }
    found.undecided.retain(|(range, _)| !ignored.covers(range));
}

/// Puts the changes in, and makes sure that nothing else has changed.
fn new_text(document: &Document, parsed: &Parsed<'_>, changes: &Changes<'_>) -> Result<NewText, Fault> {
    let refuse = |reason: String| Fault::new(&document.path, format!("can't be patched: {reason}"));
    let Some(root) = parsed.roots.first() else {
        return Err(refuse("it is empty".to_owned()));
    };
    let mut made: Vec<Splice> = Vec::new();
    for (dialect, change) in &changes.list {
        made.extend(splices(change, dialect, root, &document.text).map_err(refuse)?);
    }
    let new = apply(document.text.as_str(), &mut made).ok_or_else(|| refuse("two changes meet".to_owned()))?;
    let new = NewText { text: Text::new(new), splices: made };
    match is_as_meant(document, parsed, &new, changes) {
        true => Ok(new),
        false => Err(refuse("the patched text doesn't parse as intended".to_owned())),
    }
}

fn is_as_meant(document: &Document, parsed: &Parsed<'_>, new: &NewText, changes: &Changes<'_>) -> bool {
    let expected = Expected::new(&changes.list);
    let before = &document.text;
    match parsed.kind {
        Kind::Terraform => parsed.roots.iter().all(|root| blocks_are_as_meant(root, before, new, &expected)),
        _ => document.reparse(&new.text).is_ok_and(|after| {
            let comparison = Comparison { before, after: &new.text, expected: &expected };
            let mut pairs = parsed.roots.iter().zip(&after);
            parsed.roots.len() == after.len() && pairs.all(|(root, after)| comparison.same(root, after))
        }),
    }
}

/// Parses each block again that has changed. The parser's own tree of a whole file is some 20 times its size.
fn blocks_are_as_meant(root: &Node<'_>, before: &Text, new: &NewText, expected: &Expected<'_>) -> bool {
    let mut splices = new.splices.as_slice();
    for block in root.mapping().into_iter().flat_map(|mapping| &mapping.entries) {
        let range = block.key.start()..block.value.range().end;
        let count = splices.partition_point(|splice| splice.range.end <= range.end);
        let (own, rest) = splices.split_at(count);
        splices = rest;
        let shifted = own.iter().map(|Splice { range: at, text }| {
            let at = at.start.checked_sub(range.start)?..at.end.checked_sub(range.start)?;
            Some(Splice { range: at, text: text.clone() })
        });
        let Some(mut shifted) = shifted.collect::<Option<Vec<_>>>().filter(|own| !own.is_empty()) else {
            match own.is_empty() {
                true => continue,
                // It is between two blocks.
                false => return false,
            }
        };
        let Some(after) = apply(before.slice(range), &mut shifted) else { return false };
        let after = Text::new(after);
        let parsed = parse_hcl(after.as_str(), 0).unwrap_or_default();
        let comparison = Comparison { before, after: &after, expected };
        let entries = parsed.first().and_then(|root| root.mapping()).map(|mapping| mapping.entries.as_slice());
        let Some([only]) = entries else { return false };
        if !comparison.same_entry(block, only) {
            return false;
        }
    }
    splices.is_empty()
}
