//! For programs.

use std::io::{self, Write};

use serde_json::{json, Value};

use super::summary::Summary;
use crate::document::Fault;
use crate::find::Standing;
use crate::outcome::{Examined, Finding};
use crate::run::Results;
use crate::table::Api;

/// Written piece by piece: a tree of all of it would be larger than the documents.
pub(super) fn write(out: &mut dyn Write, results: &Results, summary: &Summary, strict: bool) -> io::Result<()> {
    write!(out, "{{\n\"documents\": ")?;
    list(out, results.examined.iter(), |out, document| examined(out, document, strict))?;
    write!(out, ",\n\"errors\": ")?;
    list(out, results.faults.iter(), |out, each| write!(out, "{}", fault(each)))?;
    let summary = json!({
        "documents": summary.documents,
        "integrations": summary.integrations,
        "failing": summary.failing,
        "not_checked": summary.not_checked,
        "left_alone": summary.left_alone,
        "hosts": summary.hosts,
    });
    writeln!(out, ",\n\"summary\": {summary}\n}}")
}

/// A list with a line for each item.
fn list<T>(
    out: &mut dyn Write,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut dyn Write, T) -> io::Result<()>,
) -> io::Result<()> {
    write!(out, "[")?;
    for (index, item) in items.enumerate() {
        write!(out, "{}", if index == 0 { "\n" } else { ",\n" })?;
        write(out, item)?;
    }
    write!(out, "]")
}

fn examined(out: &mut dyn Write, document: &Examined, strict: bool) -> io::Result<()> {
    let path = json!(document.path.to_string_lossy());
    write!(out, "{{\"path\": {path}, \"kind\": {}, \"integrations\": ", json!(document.kind.to_string()))?;
    list(out, document.findings.iter(), |out, finding| write!(out, "{}", integration(finding, strict)))?;
    for (name, standing) in [("not_checked", Standing::NotChecked), ("left_alone", Standing::LeftAlone)] {
        write!(out, ", \"{name}\": ")?;
        list(out, document.skipped(standing), |out, skipped| {
            write!(out, "{}", json!({ "name": skipped.name, "line": skipped.line, "reason": skipped.reason }))
        })?;
    }
    write!(out, "}}")
}

fn integration(finding: &Finding, strict: bool) -> Value {
    let missing = finding.missing.iter().map(|(name, class)| json!({ "header": name, "class": class.as_str() }));
    let wrong = finding.wrong.iter().map(|wrong| {
        json!({ "header": wrong.name, "class": wrong.class.as_str(), "line": wrong.line, "reason": wrong.what })
    });
    json!({
        "name": finding.name,
        "line": finding.line,
        "api": match finding.api {
            Api::Rest => "rest",
            Api::Http => "http",
        },
        "uri": finding.uri,
        "host": finding.host,
        "ok": !finding.fails(strict),
        "missing": missing.collect::<Vec<_>>(),
        "wrong": wrong.collect::<Vec<_>>(),
        "path_parameters": finding.paths,
        "notes": finding.notes,
    })
}

fn fault(fault: &Fault) -> Value {
    json!({ "path": fault.path.to_string_lossy(), "line": fault.line, "reason": fault.reason })
}
