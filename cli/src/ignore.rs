//! The comment by which an integration is left alone.

use std::ops::Range;

use crate::text::Text;

const MARK: &str = "apigw-headers: ignore";

/// Where such comments are.
#[derive(Debug)]
pub(crate) struct Ignored<'t> {
    text: &'t Text,
    marks: Vec<usize>,
}

impl<'t> Ignored<'t> {
    pub(crate) fn new(text: &'t Text) -> Self {
        let marks = text.as_str().match_indices(MARK).map(|(at, _)| at);
        let is_comment = |at: &usize| {
            let before = text.before_on_line(*at);
            before.contains('#') || before.contains("//")
        };
        Self { text, marks: marks.filter(is_comment).collect() }
    }

    /// Whether one is in a range, behind it on its last line, in the comment right above it, or in comments below it that
    /// are indented by more than its key: a block of YAML ends with its last value, but they are still in it.
    pub(crate) fn covers(&self, range: &Range<usize>) -> bool {
        let mut line = self.text.line(range.start);
        while let Some(above) = line.checked_sub(1).filter(|above| self.is_comment(*above)) {
            line = above;
        }
        let column = self.text.before_on_line(range.start).len();
        let mut last = self.text.line(range.end.saturating_sub(1).max(range.start));
        while self.is_inside(last + 1, column) {
            last += 1;
        }
        let covered = self.text.line_start(line)..self.text.line_end(self.text.line_start(last));
        self.marks.iter().any(|mark| covered.contains(mark))
    }

    fn is_inside(&self, line: usize, column: usize) -> bool {
        let text = self.text.whole_line(line);
        let indent = text.len() - text.trim_start().len();
        line < self.text.lines() && (text.trim().is_empty() || (indent > column && self.is_comment(line)))
    }

    fn is_comment(&self, line: usize) -> bool {
        let line = self.text.whole_line(line).trim_start();
        line.starts_with('#') || line.starts_with("//")
    }
}

#[cfg(test)]
mod tests {
    use super::Ignored;
    use crate::text::Text;

    #[test]
    fn a_comment_covers_what_it_stands_at() {
        let text = Text::new(
            "# apigw-headers: ignore\n# more\na: 1\nb:\n  c: 1 # apigw-headers: ignore\nd: apigw-headers: ignore\n"
                .to_owned(),
        );
        let ignored = Ignored::new(&text);
        let range = |part: &str| {
            let start = text.as_str().find(part).unwrap();
            start..start + part.len()
        };
        assert!(ignored.covers(&range("a: 1")));
        assert!(ignored.covers(&range("b:\n  c: 1")));
        assert!(!ignored.covers(&range("d: api")));
    }

    #[test]
    fn comments_below_the_last_value_are_inside_if_they_are_indented() {
        let text = |below: &str| Text::new(format!("x:\n  a:\n    b: 1\n{below}\n  c: 1\n"));
        let covers = |below: &str| Ignored::new(&text(below)).covers(&(5..16));
        assert!(covers("    # apigw-headers: ignore"));
        assert!(covers("\n    # why\n\n   # apigw-headers: ignore"));
        assert!(!covers("  # apigw-headers: ignore"));
        assert!(!covers("    # why\n  # more\n    # apigw-headers: ignore"));
    }
}
