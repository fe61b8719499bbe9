//! A span as a bar of a terminal's cells.

use super::rows::Row;
use super::scale::Scale;
use super::span;

/// A bar of half cells, never without any. The scale's length is twice the number of cells.
pub(crate) fn bar(row: &Row<'_>, scale: &Scale, cells: usize) -> String {
    let start = (scale.at(row.start).round() as usize).min((2 * cells).saturating_sub(1));
    let end = scale.at(row.start + span::duration(row.span)).round() as usize;
    let filled = start..end.max(start + 1);
    (0..cells)
        .map(|cell| match (filled.contains(&(2 * cell)), filled.contains(&(2 * cell + 1))) {
            (true, true) => '━',
            (true, false) => '╸',
            (false, true) => '╺',
            (false, false) => ' ',
        })
        .collect()
}

/// Cuts or pads a text to a number of columns.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return format!("{text:<columns$}");
    }
    let mut text: String = text.chars().take(columns.saturating_sub(1)).collect();
    text.push('…');
    text
}
