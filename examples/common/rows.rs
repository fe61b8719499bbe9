//! The spans of one trace as a tree.

use std::time::{Duration, SystemTime};

use opentelemetry_sdk::trace::SpanData;

use super::span;

/// A span and its place in the waterfall.
pub(crate) struct Row<'a> {
    pub(crate) span: &'a SpanData,
    /// What is drawn left of its name: three columns for each span above it.
    pub(crate) branch: String,
    pub(crate) start: Duration,
}

/// Parents before their children, which are in the order of their starts.
pub(crate) fn rows(spans: &[SpanData]) -> Vec<Row<'_>> {
    let tree = Tree { spans, start: start(spans) };
    let is_here = |id| spans.iter().any(|span| span::id(span) == id);
    let mut rows = Vec::new();
    for root in tree.sorted(|span| !is_here(span.parent_span_id)) {
        rows.push(tree.row(root, String::new()));
        tree.descend(root, "", &mut rows);
    }
    rows
}

/// From the first start to the last end.
pub(crate) fn duration(spans: &[SpanData]) -> Duration {
    let end = spans.iter().map(|span| span.end_time).max();
    end.and_then(|end| end.duration_since(start(spans)?).ok()).unwrap_or_default()
}

fn start(spans: &[SpanData]) -> Option<SystemTime> {
    spans.iter().map(|span| span.start_time).min()
}

struct Tree<'a> {
    spans: &'a [SpanData],
    start: Option<SystemTime>,
}

impl<'a> Tree<'a> {
    fn descend(&self, parent: &SpanData, indent: &str, rows: &mut Vec<Row<'a>>) {
        let mut children = self.sorted(|span| span.parent_span_id == span::id(parent)).into_iter().peekable();
        while let Some(child) = children.next() {
            let (here, below) = match children.peek() {
                Some(_) => ("├─ ", "│  "),
                None => ("└─ ", "   "),
            };
            rows.push(self.row(child, format!("{indent}{here}")));
            self.descend(child, &format!("{indent}{below}"), rows);
        }
    }

    fn sorted(&self, wanted: impl Fn(&SpanData) -> bool) -> Vec<&'a SpanData> {
        let mut spans: Vec<_> = self.spans.iter().filter(|span| wanted(span)).collect();
        spans.sort_by_key(|span| span.start_time);
        spans
    }

    fn row(&self, span: &'a SpanData, branch: String) -> Row<'a> {
        let start = self.start.unwrap_or(span.start_time);
        Row { span, branch, start: span.start_time.duration_since(start).unwrap_or_default() }
    }
}
