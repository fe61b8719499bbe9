//! Annotations of GitHub Actions.

use std::io::{self, Write};
use std::path::Path;

use crate::find::Standing;
use crate::run::Results;
use crate::table::Class;

pub(super) fn write(out: &mut dyn Write, results: &Results, strict: bool) -> io::Result<()> {
    for fault in &results.faults {
        annotate(out, "error", &fault.path, fault.line, &fault.reason)?;
    }
    for document in &results.examined {
        for finding in &document.findings {
            let mut say = |level, line, message: String| annotate(out, level, &document.path, Some(line), &message);
            for class in [Class::Required, Class::OnRequest, Class::Recommended] {
                let names: Vec<_> =
                    finding.missing.iter().filter(|(_, of)| *of == class).map(|(name, _)| *name).collect();
                if !names.is_empty() {
                    let message = format!("{}: missing {} ({})", finding.name, names.join(", "), class.as_str());
                    say(level(class, strict), finding.line, message)?;
                }
            }
            for wrong in &finding.wrong {
                let message = format!("{}: {}: {}", finding.name, wrong.name, wrong.what);
                say(level(wrong.class, strict), wrong.line, message)?;
            }
            for path in &finding.paths {
                say("error", finding.line, format!("{}: {path}", finding.name))?;
            }
            for note in &finding.notes {
                say("notice", finding.line, format!("{}: {note}", finding.name))?;
            }
        }
        for skipped in document.skipped(Standing::NotChecked) {
            let level = if strict { "error" } else { "warning" };
            let message = format!("{}: not checked: {}", skipped.name, skipped.reason);
            annotate(out, level, &document.path, Some(skipped.line), &message)?;
        }
    }
    Ok(())
}

fn level(class: Class, strict: bool) -> &'static str {
    if class == Class::Recommended && !strict {
        "warning"
    } else {
        "error"
    }
}

fn annotate(out: &mut dyn Write, level: &str, path: &Path, line: Option<usize>, message: &str) -> io::Result<()> {
    let path = property(&path.to_string_lossy());
    let line = line.map_or(String::new(), |line| format!(",line={line}"));
    writeln!(out, "::{level} file={path}{line},title=apigw-headers::{}", data(message))
}

/// Percent and the ends of lines would end the message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property, colons and commas as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
