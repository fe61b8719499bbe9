//! For programs.

use std::io::{self, Write};

use serde_json::{json, Value};

use super::summary::Summary;
use crate::document::Fault;
use crate::outcome::{Examined, Finding};
use crate::run::Results;
use crate::table::Api;

pub(super) fn write(out: &mut dyn Write, results: &Results, summary: &Summary, strict: bool) -> io::Result<()> {
    let report = json!({
        "documents": results.examined.iter().map(|document| examined(document, strict)).collect::<Vec<_>>(),
        "errors": results.faults.iter().map(fault).collect::<Vec<_>>(),
        "summary": {
            "documents": summary.documents,
            "integrations": summary.integrations,
            "failing": summary.failing,
            "left_alone": summary.left_alone,
            "hosts": summary.hosts,
        },
    });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn examined(document: &Examined, strict: bool) -> Value {
    json!({
        "path": document.path.to_string_lossy(),
        "kind": document.kind.to_string(),
        "integrations": document.findings.iter().map(|finding| integration(finding, strict)).collect::<Vec<_>>(),
        "left_alone": document.left_alone.iter().map(|skipped| json!({
            "name": skipped.name,
            "line": skipped.line,
            "reason": skipped.reason,
        })).collect::<Vec<_>>(),
    })
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
