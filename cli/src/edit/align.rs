//! How `terraform fmt` aligns the equals signs of lines that follow each other.

use super::splice::Splice;
use crate::text::Text;
use crate::tree::Mapping;

/// The lines at the end of an object to which new ones are aligned.
#[derive(Debug, Default)]
pub(super) struct Aligned {
    /// Where their equals signs are.
    signs: Vec<usize>,
    /// The width of the keys, with the white space behind them but for one.
    width: usize,
}

impl Aligned {
    /// The last lines with `indent` that have one entry each. None of them if they aren't aligned themselves.
    pub(super) fn of(mapping: &Mapping<'_>, indent: &str, text: &Text) -> Self {
        let mut aligned = Self::default();
        let mut below = None;
        for entry in mapping.entries.iter().rev() {
            let (start, end) = (entry.key.start(), entry.key.range().end);
            let line = text.line(start);
            let before = text.before_on_line(start).trim_end_matches('(');
            let sign = text.slice(end..entry.value.start()).find('=').map(|at| end + at);
            let follows = below.is_none_or(|below| below == line + 1);
            // A value of several lines isn't aligned, and ends the run.
            let is_line = before == indent && text.line(entry.value.range().end) == line;
            let Some(sign) = sign.filter(|_| follows && is_line) else { break };
            let columns = text.before_on_line(sign).chars().count();
            let width = columns.saturating_sub(indent.chars().count() + 1);
            if below.is_some() && width != aligned.width {
                return Self::default();
            }
            aligned.width = width;
            aligned.signs.push(sign);
            below = Some(line);
        }
        aligned
    }

    /// The width that all keys get, and the white space that the lines need for it.
    pub(super) fn widen(&self, widest: usize) -> (usize, Vec<Splice>) {
        let width = widest.max(self.width);
        let missing = " ".repeat(width - self.width);
        let signs = self.signs.iter().filter(|_| !missing.is_empty());
        (width, signs.map(|sign| Splice::insert(*sign, missing.clone())).collect())
    }
}
