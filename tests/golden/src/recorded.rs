//! What other tracers reported, as recorded in the golden files.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::report::{tags, Fields, AS_THE_HEADER_SAYS, ON_RECEIPT, THE_GATEWAYS};
use crate::Report;

/// Recorded times are in hundredths of a millisecond.
const ROUNDING_MS: f64 = 0.02;

#[derive(Deserialize)]
#[serde(try_from = "Spans")]
pub(crate) struct Recorded(pub(crate) Report);

#[derive(Deserialize)]
struct Spans {
    spans: Vec<RecordedSpan>,
}

/// A span as the tracer sent it to Datadog's agent.
#[derive(Deserialize)]
struct RecordedSpan {
    #[serde(rename = "ref")]
    id: String,
    parent: String,
    trace: String,
    name: String,
    service: String,
    resource: String,
    #[serde(rename = "type")]
    kind: String,
    error: i64,
    start_minus_header_ms: Option<f64>,
    start_minus_send_ms: f64,
    duration_ms: f64,
    meta: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
}

impl TryFrom<Spans> for Recorded {
    type Error = &'static str;

    fn try_from(Spans { spans }: Spans) -> Result<Self, Self::Error> {
        let is_gateway = |span: &&RecordedSpan| span.metrics.contains_key("_dd.inferred_span");
        let (gateways, servers): (Vec<_>, Vec<_>) = spans.iter().partition(is_gateway);
        let ([] | [_], [server]) = (&gateways[..], &servers[..]) else {
            return Err("expected a server span and at most one gateway span");
        };
        let gateway = gateways.first().copied();
        Ok(Self(Report {
            gateway: gateway.map(|gateway| gateway.gateway_fields(server)),
            server: Some(server.fields(gateway)),
        }))
    }
}

impl RecordedSpan {
    fn gateway_fields(&self, server: &Self) -> Fields {
        let mut fields = self.fields(None);
        fields.insert("start".to_owned(), self.start());
        let is_around = self.start_minus_send_ms <= server.start_minus_send_ms + ROUNDING_MS
            && server.end() <= self.end() + ROUNDING_MS;
        fields.insert("around the server's".to_owned(), is_around.to_string());
        fields
    }

    fn fields(&self, gateway: Option<&Self>) -> Fields {
        let is_of_gateway = gateway.is_some_and(|gateway| gateway.id == self.parent);
        let error = self.error.to_string();
        let named = [
            ("name", self.name.as_str()),
            ("service", &self.service),
            ("resource", &self.resource),
            ("type", &self.kind),
            ("error", &error),
            ("trace", &self.trace),
            ("parent", if is_of_gateway { THE_GATEWAYS } else { &self.parent }),
        ];
        let named = named.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        named.chain(tags(&self.meta, &self.metrics)).collect()
    }

    fn start(&self) -> String {
        match self.start_minus_header_ms {
            Some(difference) if difference.abs() < 0.001 => AS_THE_HEADER_SAYS.to_owned(),
            Some(difference) => format!("{difference} ms from the header"),
            None if (0.0..5.0).contains(&self.start_minus_send_ms) => ON_RECEIPT.to_owned(),
            None => format!("{} ms from sending", self.start_minus_send_ms),
        }
    }

    fn end(&self) -> f64 {
        self.start_minus_send_ms + self.duration_ms
    }
}
