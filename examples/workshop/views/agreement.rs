//! A table of all counts.

use crate::agreement::{Sum, SOURCES};
use crate::common::paint::{Colour, Paint};

const INTRODUCTION: &str = "\
Requests, as counted by each side that can know of them. The numbers of a line have to be equal.";

const LABEL: usize = 22;
const COLUMN: usize = 13;

pub(crate) fn agreement(sums: &[Sum], paint: Paint) -> String {
    let mut text = super::heading("4. Agreement", INTRODUCTION, paint);
    text += &paint.paint(Colour::Dim, head());
    for sum in sums {
        let line = line(sum.of, sum.by.map(|count| count.map_or("-".to_owned(), |count| count.to_string())));
        let is_wrong = sum.disagreement().is_some();
        text += &if is_wrong { paint.paint(Colour::Error, line) } else { line };
    }
    text
}

/// Two lines: `the gateway's` above `log`.
fn head() -> String {
    let halves = SOURCES.map(|source| source.rsplit_once(' ').unwrap_or(("", source)));
    line("", halves.map(|(above, _)| above.trim_start_matches("the").trim().to_owned()))
        + &line("", halves.map(|(_, below)| below.to_owned()))
}

fn line(label: &str, cells: [String; 6]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>COLUMN$}")).collect();
    format!("{}\n", format!("{label:<LABEL$}{cells}").trim_end())
}
