//! What the client, the gateway and the application know of the requests.

use std::collections::HashSet;

use opentelemetry_sdk::trace::SpanData;

use crate::client::Statuses;
use crate::common::span;
use crate::figures::{self, Metrics};
use crate::gateway::{Counts, Gateway};
use crate::logs::{join, Joined, Line};
use crate::telemetry::Telemetry;
use crate::Error;

/// What the client knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) statuses: Statuses,
    /// The traces that it doesn't sample.
    pub(crate) unsampled: HashSet<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) sent: Sent,
    /// The gateway's.
    pub(crate) counts: Counts,
    pub(crate) logs: Joined,
    /// The application's.
    pub(crate) metrics: Metrics,
    pub(crate) spans: Vec<SpanData>,
}

/// Whether the span of the gateway says that it gave up.
pub(crate) fn is_timeout(gateway: &SpanData) -> bool {
    span::text(gateway, "error.type").is_some_and(|error| error == "timeout")
}

impl Run {
    pub(crate) fn collect(sent: &Sent, gateway: &Gateway, telemetry: &Telemetry) -> Result<Self, Error> {
        Ok(Self {
            sent: sent.clone(),
            counts: gateway.counts(),
            logs: join(Line::all(&gateway.log())?, Line::all(&telemetry.log())?),
            metrics: figures::read(&telemetry.metrics()?),
            spans: telemetry.spans()?,
        })
    }

    /// The lines of the application's log.
    pub(crate) fn application_lines(&self) -> impl Iterator<Item = &Line> {
        self.logs.both.iter().map(|pair| &pair.application).chain(&self.logs.application_only)
    }

    /// The lines of the gateway's log.
    pub(crate) fn gateway_lines(&self) -> impl Iterator<Item = &Line> {
        self.logs.both.iter().map(|pair| &pair.gateway).chain(&self.logs.gateway_only)
    }

    pub(crate) fn is_sampled(&self, line: &Line) -> bool {
        let trace = line.trace_id.as_ref();
        trace.is_some_and(|trace| !self.sent.unsampled.contains(trace))
    }

    pub(crate) fn gateway_spans(&self) -> impl Iterator<Item = &SpanData> {
        self.spans.iter().filter(|span| span::is_gateway(span))
    }
}
