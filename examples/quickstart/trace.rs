//! The spans of one request.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;

use crate::calls::Call;
use crate::span;

pub(crate) struct Trace {
    pub(crate) call: Call,
    pub(crate) status: u16,
    pub(crate) spans: Vec<SpanData>,
}

/// A span and its place in the waterfall.
pub(crate) struct Row<'a> {
    pub(crate) span: &'a SpanData,
    pub(crate) depth: usize,
    /// What is drawn left of its name.
    pub(crate) branch: String,
    pub(crate) start: Duration,
}

impl Trace {
    pub(crate) fn new(call: Call, status: u16) -> Self {
        Self { call, status, spans: Vec::new() }
    }

    pub(crate) fn gateway(&self) -> Option<&SpanData> {
        self.spans.iter().find(|span| span::is_gateway(span))
    }

    /// The application's server span.
    pub(crate) fn application(&self) -> Option<&SpanData> {
        self.spans.iter().find(|span| span.span_kind == SpanKind::Server && !span::is_gateway(span))
    }

    /// What isn't as it should be.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let Some(gateway) = self.gateway() else {
            return Some("the trace has no gateway span");
        };
        let Some(application) = self.application() else {
            return Some("the trace has no server span");
        };
        if application.parent_span_id != span::id(gateway) {
            return Some("the server span is not the gateway span's child");
        }
        let parent = (gateway.span_context.trace_id(), gateway.parent_span_id);
        if self.call.parent.is_some_and(|client| client != parent) {
            return Some("the gateway's span is not the child of the client's");
        }
        None
    }

    pub(crate) fn duration(&self) -> Duration {
        let end = self.spans.iter().map(|span| span.end_time).max();
        end.and_then(|end| end.duration_since(self.start()?).ok()).unwrap_or_default()
    }

    fn start(&self) -> Option<SystemTime> {
        self.spans.iter().map(|span| span.start_time).min()
    }

    /// Parents before their children, which are in the order of their starts.
    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        let is_here = |id| self.spans.iter().any(|span| span::id(span) == id);
        let mut rows = Vec::new();
        for root in self.sorted(|span| !is_here(span.parent_span_id)) {
            rows.push(self.row(root, 0, String::new()));
            self.descend(root, 1, "", &mut rows);
        }
        rows
    }

    fn descend<'a>(&'a self, parent: &SpanData, depth: usize, indent: &str, rows: &mut Vec<Row<'a>>) {
        let mut children = self.sorted(|span| span.parent_span_id == span::id(parent)).into_iter().peekable();
        while let Some(child) = children.next() {
            let (here, below) = match children.peek() {
                Some(_) => ("├─ ", "│  "),
                None => ("└─ ", "   "),
            };
            rows.push(self.row(child, depth, format!("{indent}{here}")));
            self.descend(child, depth + 1, &format!("{indent}{below}"), rows);
        }
    }

    fn sorted(&self, wanted: impl Fn(&SpanData) -> bool) -> Vec<&SpanData> {
        let mut spans: Vec<_> = self.spans.iter().filter(|span| wanted(span)).collect();
        spans.sort_by_key(|span| span.start_time);
        spans
    }

    fn row<'a>(&self, span: &'a SpanData, depth: usize, branch: String) -> Row<'a> {
        let start = self.start().unwrap_or(span.start_time);
        Row { span, depth, branch, start: span.start_time.duration_since(start).unwrap_or_default() }
    }
}
