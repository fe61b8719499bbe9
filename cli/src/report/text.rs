//! For people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::find::Standing;
use crate::outcome::{Examined, Finding, Skipped};
use crate::run::Results;
use crate::table::Class;

/// What was done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Done {
    Checked { strict: bool },
    Patched { written: bool },
}

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

pub(super) fn write(out: &mut dyn Write, results: &Results, done: Done) -> io::Result<()> {
    let is_alone = results.examined.len() == 1;
    for document in &results.examined {
        let is_empty = document.findings.is_empty() && document.skipped.is_empty();
        if is_empty && !is_alone {
            continue;
        }
        writeln!(out, "{BOLD}{}{RESET} ({})", document.path.display(), document.kind)?;
        for finding in &document.findings {
            write_finding(out, document, finding, done)?;
        }
        write_skipped(out, &document.skipped)?;
        if is_empty {
            writeln!(out, "  no integrations")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_finding(out: &mut dyn Write, document: &Examined, finding: &Finding, done: Done) -> io::Result<()> {
    let Finding { name, line, api, host, .. } = finding;
    writeln!(out, "  {BOLD}{name}{RESET} -> {host} ({api}, {}:{line})", document.path.display())?;
    if !finding.added.is_empty() {
        let verb = if matches!(done, Done::Patched { written: true }) { "added" } else { "to add" };
        writeln!(out, "    {GREEN}{verb}{RESET}  {}", finding.added.join(", "))?;
    }
    let strict = matches!(done, Done::Checked { strict: true });
    for class in [Class::Required, Class::OnRequest, Class::Recommended] {
        let missing = finding.missing.iter().filter(|(name, of)| *of == class && !finding.added.contains(name));
        let names: Vec<_> = missing.map(|(name, _)| *name).collect();
        let colour = if class == Class::Recommended && !strict { YELLOW } else { RED };
        if !names.is_empty() {
            writeln!(out, "    {colour}missing{RESET}  {} ({})", names.join(", "), class.as_str())?;
        }
    }
    for wrong in &finding.wrong {
        let word = match (wrong.replaced, done) {
            (true, Done::Patched { written: true }) => format!("{GREEN}replaced{RESET}"),
            (true, _) => format!("{GREEN}to replace{RESET}"),
            (false, _) => format!("{RED}wrong{RESET}"),
        };
        let hint = if wrong.replaceable { " (`--replace` puts it right)" } else { "" };
        writeln!(out, "    {word}  {} (line {}): {}{hint}", wrong.name, wrong.line, wrong.what)?;
    }
    for path in &finding.paths {
        writeln!(out, "    {RED}wrong{RESET}  {path}")?;
    }
    for note in &finding.notes {
        writeln!(out, "    {YELLOW}note{RESET}  {note}")?;
    }
    if finding.missing.is_empty() && finding.wrong.is_empty() && finding.paths.is_empty() {
        writeln!(out, "    {GREEN}ok{RESET}")?;
    }
    Ok(())
}

/// By reason: a template may have many of a kind.
fn write_skipped(out: &mut dyn Write, skipped: &[Skipped]) -> io::Result<()> {
    const SHOWN: usize = 5;
    let mut by_reason: BTreeMap<(Standing, &str), Vec<&Skipped>> = BTreeMap::new();
    for each in skipped {
        by_reason.entry((each.standing, &each.reason)).or_default().push(each);
    }
    for ((standing, reason), skipped) in by_reason {
        let shown: Vec<_> =
            skipped.iter().take(SHOWN).map(|skipped| format!("{} (line {})", skipped.name, skipped.line)).collect();
        let more = skipped.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = match standing {
            Standing::LeftAlone => "left alone".to_owned(),
            Standing::NotChecked => format!("{YELLOW}not checked{RESET}"),
            Standing::NotPatched => format!("{RED}not patched{RESET}"),
        };
        writeln!(out, "  {what}: {}{more}: {reason}", shown.join(", "))?;
    }
    Ok(())
}
