//! `apigw-headers` checks and patches the header mappings by which Amazon API Gateway announces itself to an
//! application.
//!
//! A document goes one way: `paths` names its file, `document` reads and `tree` parses it, `find` looks for integrations
//! in it, `judge` says what they lack and `change` what they get, `edit` puts that into the text, `verify` compares the
//! two, `report` says what happened and `write` writes the file. `tests/api/architecture.rs` of the workspace has the
//! order of the modules.

mod args;
mod change;
mod dialect;
mod diff;
mod document;
mod edit;
mod examine;
mod find;
mod ignore;
mod judge;
mod outcome;
mod paths;
mod print;
mod report;
mod run;
mod table;
mod text;
mod tree;
mod verify;
mod write;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anstream::AutoStream;
use clap::{CommandFactory, Parser};

use args::{Arguments, Check, Command, Format, Patch};
use document::Fault;
use run::Results;

const FAILS: u8 = 1;
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = BufWriter::new(AutoStream::auto(io::stdout()).lock());
    let code = match &arguments.command {
        Command::Check(check) => run_check(&mut out, check),
        Command::Patch(patch) => run_patch(&mut out, patch),
        Command::Print(print) => print::write(&mut out, print).map(|()| 0),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Arguments::command(), "apigw-headers", &mut out);
            Ok(0)
        }
    };
    match code.and_then(|code| out.flush().map(|()| code)) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error}"));
            ExitCode::from(UNUSABLE)
        }
    }
}

fn run_check(out: &mut dyn Write, check: &Check) -> io::Result<u8> {
    let results = run::run(&check.common, &check.common.request(None));
    report::write_checked(out, &results, check.format, check.strict, check.common.quiet)?;
    out.flush()?;
    warn_of(&results.unmatched);
    if check.format == Format::Text {
        complain_of(&results.faults);
    }
    let fails = results.examined.iter().any(|document| document.fails(check.strict));
    Ok(match results.faults.is_empty() {
        false => UNUSABLE,
        true if fails => FAILS,
        true => 0,
    })
}

fn run_patch(out: &mut dyn Write, patch: &Patch) -> io::Result<u8> {
    let mut results = run::run(&patch.common, &patch.common.request(Some(patch.wishes())));
    if patch.diff {
        show_diff(&results)?;
        // So that the diff alone can be piped into another program.
        let mut err = AutoStream::auto(io::stderr()).lock();
        report::write_patched(&mut err, &results, false, patch.common.quiet)?;
    } else {
        write_all(&mut results);
        report::write_patched(out, &results, true, patch.common.quiet)?;
        out.flush()?;
    }
    warn_of(&results.unmatched);
    complain_of(&results.faults);
    let changes = results.examined.iter().any(|document| document.new_text.is_some());
    let stays_wrong = results.examined.iter().any(|document| document.stays_wrong());
    Ok(match results.faults.is_empty() {
        false => UNUSABLE,
        true if stays_wrong || (patch.diff && changes) => FAILS,
        true => 0,
    })
}

/// Past the stream that takes colours out: a document's own control characters belong to it.
fn show_diff(results: &Results) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let here = std::env::current_dir().unwrap_or_default();
    for document in &results.examined {
        if let (Some(new), Some(old)) = (&document.new_text, &document.old_text) {
            out.write_all(diff::unified(&paths::relative(&document.path, &here), old, new).as_bytes())?;
        }
    }
    out.flush()
}

/// Writes each document as a whole or not at all. One that can't be written doesn't keep others from it.
fn write_all(results: &mut Results) {
    for document in &mut results.examined {
        if let Some(new) = &document.new_text {
            if let Err(error) = write::replace(&document.path, new.text.as_str()) {
                results.faults.push(Fault::new(&document.path, format!("can't be written: {error}")));
                document.new_text = None;
            }
        }
    }
}

fn warn_of(unmatched: &[String]) {
    for pattern in unmatched {
        let message = format!("no integration's URI matches --exclude {pattern:?}");
        // There is nobody to tell if this fails.
        let _ = writeln!(AutoStream::auto(io::stderr()), "\x1b[33mwarning\x1b[0m: {message}");
    }
}

fn complain_of(faults: &[Fault]) {
    for fault in faults {
        let line = fault.line.map_or(String::new(), |line| format!(":{line}"));
        complain(&format!("{}{line}: {}", fault.path.display(), fault.reason));
    }
}

fn complain(message: &str) {
    // There is nobody to tell if this fails.
    let _ = writeln!(AutoStream::auto(io::stderr()), "\x1b[31merror\x1b[0m: {message}");
}
