//! The spans of one request.

use std::time::Duration;

use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;

use crate::calls::Call;
use crate::common::rows::{self, Row};
use crate::common::span;

pub(crate) struct Trace {
    pub(crate) call: Call,
    pub(crate) status: u16,
    pub(crate) spans: Vec<SpanData>,
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
        rows::duration(&self.spans)
    }

    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        rows::rows(&self.spans)
    }
}
