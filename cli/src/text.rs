//! A document's text, and where its lines are.

use std::ops::Range;

/// A text whose lines can be found by the position of a byte.
#[derive(Debug)]
pub(crate) struct Text {
    bytes: String,
    line_starts: Vec<usize>,
}

impl Text {
    pub(crate) fn new(bytes: String) -> Self {
        let breaks = bytes.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        Self { bytes, line_starts }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.bytes
    }

    /// The text of a range, or nothing if that is no range of this text.
    pub(crate) fn slice(&self, range: Range<usize>) -> &str {
        self.bytes.get(range).unwrap_or_default()
    }

    /// The line of a byte, counted from 0.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    pub(crate) fn lines(&self) -> usize {
        self.line_starts.len()
    }

    /// Where a line begins, counted from 0. A line past the end begins at the end.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line).copied().unwrap_or(self.bytes.len())
    }

    /// A line with what ends it.
    pub(crate) fn whole_line(&self, line: usize) -> &str {
        self.slice(self.line_start(line)..self.line_start(line + 1))
    }

    /// Where the content of a byte's line ends, before `\n` or `\r\n`.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        let line = self.line(at);
        self.line_start(line) + self.whole_line(line).trim_end_matches(['\n', '\r']).len()
    }

    /// From the beginning of a byte's line to that byte.
    pub(crate) fn before_on_line(&self, at: usize) -> &str {
        self.slice(self.line_start(self.line(at))..at)
    }

    /// How this text ends its lines: as the first of them does.
    pub(crate) fn newline(&self) -> &'static str {
        match self.whole_line(0).ends_with("\r\n") {
            true => "\r\n",
            false => "\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn lines_are_found_by_position() {
        let text = Text::new("a\r\n  bc\nd".to_owned());
        assert_eq!((text.line(0), text.line(2), text.line(3), text.line(8)), (0, 0, 1, 2));
        assert_eq!((text.line_end(0), text.line_end(4), text.line_end(8)), (1, 7, 9));
        assert_eq!(text.before_on_line(5), "  ");
        assert_eq!((text.newline(), text.whole_line(1)), ("\r\n", "  bc\n"));
    }
}
