//! Pieces of text that are put into another.

use std::ops::Range;

use crate::text::Text;

/// A range of the old text, and what stands there in the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
}

/// A text after the changes, and what was put into the old one.
#[derive(Debug)]
pub(crate) struct NewText {
    pub(crate) text: Text,
    pub(crate) splices: Vec<Splice>,
}

impl Splice {
    pub(crate) fn insert(at: usize, text: String) -> Self {
        Self { range: at..at, text }
    }
}

/// Sorts the splices and makes the new text. `None` if they overlap or aren't ranges of the text.
pub(crate) fn apply(text: &str, splices: &mut [Splice]) -> Option<String> {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let added: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut new = String::with_capacity(text.len() + added);
    let mut kept = 0;
    for Splice { range, text: added } in splices.iter() {
        new.push_str(text.get(kept..range.start)?);
        new.push_str(added);
        kept = range.end;
    }
    new.push_str(text.get(kept..)?);
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::{apply, Splice};

    #[test]
    fn splices_are_put_in_order_and_never_overlap() {
        let replace = |range, text: &str| Splice { range, text: text.to_owned() };
        let mut splices = [replace(4..5, "E"), Splice::insert(2, "x".to_owned()), replace(0..1, "")];
        assert_eq!(apply("abcde", &mut splices).as_deref(), Some("bxcdE"));
        assert_eq!(apply("abcde", &mut [replace(0..3, ""), replace(2..4, "")]), None);
        assert_eq!(apply("é", &mut [Splice::insert(1, "x".to_owned())]), None);
        assert_eq!(apply("ab", &mut [Splice::insert(3, "x".to_owned())]), None);
    }
}
