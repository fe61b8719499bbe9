//! Says what was found.

mod github;
mod json;
mod summary;
mod text;

use std::io::{self, Write};

pub(crate) use summary::Summary;
pub(crate) use text::Done;

use crate::args::Format;
use crate::run::Results;

/// What `check` found.
pub(crate) fn write_checked(
    out: &mut dyn Write,
    results: &Results,
    format: Format,
    strict: bool,
    quiet: bool,
) -> io::Result<()> {
    let summary = Summary::new(results, strict);
    match format {
        Format::Json => json::write(out, results, &summary, strict),
        Format::Github => {
            if !quiet {
                github::write(out, results, strict)?;
            }
            summary.write_checked(out)
        }
        Format::Text => {
            if !quiet {
                text::write(out, results, Done::Checked { strict })?;
            }
            summary.write_checked(out)
        }
    }
}

/// What `patch` did, or would do.
pub(crate) fn write_patched(out: &mut dyn Write, results: &Results, written: bool, quiet: bool) -> io::Result<()> {
    if !quiet {
        text::write(out, results, Done::Patched { written })?;
    }
    Summary::new(results, false).write_patched(out, results, written)
}
