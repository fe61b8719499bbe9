//! What a tracer reported of a request, in a form in which two tracers' reports can be compared.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::Value;

use crate::Request;

/// A span's fields by name. Times and ids are expressed in terms of the request.
pub(crate) type Fields = BTreeMap<String, String>;

/// The spans of one request.
#[derive(Debug, Default)]
pub struct Report {
    pub(crate) gateway: Option<Fields>,
    pub(crate) server: Option<Fields>,
}

/// The value of `start` if the span starts when the gateway says it received the request.
pub(crate) const AS_THE_HEADER_SAYS: &str = "as the header says";
/// The value of `start` if the gateway doesn't say when it received the request.
pub(crate) const ON_RECEIPT: &str = "on receipt";

/// A span in the format of Datadog's agents.
#[derive(Debug, Default, Deserialize)]
pub struct Span {
    pub name: String,
    pub service: String,
    pub resource: String,
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The lower half.
    pub trace_id: u64,
    pub span_id: u64,
    #[serde(default)]
    pub parent_id: u64,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds.
    pub duration: u64,
    #[serde(default)]
    pub error: i64,
    #[serde(default)]
    pub meta: BTreeMap<String, String>,
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
    /// Links, events and whatever else it may have.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

impl Report {
    /// The report of `request`, which was sent and answered within `during`, in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// If there is more than one span of the gateway, or of the server.
    pub fn of<'a>(
        request: &Request,
        during: &RangeInclusive<u64>,
        spans: impl IntoIterator<Item = &'a Span>,
    ) -> Result<Self, String> {
        let (gateways, servers): (Vec<&Span>, Vec<&Span>) = spans.into_iter().partition(|span| span.is_gateway());
        let ([] | [_], [] | [_]) = (&gateways[..], &servers[..]) else {
            return Err(format!("expected at most one span of each kind, found {gateways:?} and {servers:?}"));
        };
        let (gateway, server) = (gateways.first().copied(), servers.first().copied());
        Ok(Self {
            gateway: gateway.map(|gateway| gateway.gateway_fields(server, request, during)),
            server: server.map(|server| server.server_fields(gateway, request)),
        })
    }
}

impl Span {
    pub fn is_gateway(&self) -> bool {
        self.metrics.contains_key("_dd.inferred_span")
    }

    pub fn user_agent(&self) -> &str {
        self.meta.get("http.useragent").map_or("", String::as_str)
    }

    fn gateway_fields(&self, server: Option<&Self>, request: &Request, during: &RangeInclusive<u64>) -> Fields {
        let mut fields = self.fields(None, request);
        fields.insert("start".to_owned(), self.start(request, during));
        if let Some(server) = server {
            let is_around = self.start <= server.start && server.end() <= self.end();
            fields.insert("around the server's".to_owned(), is_around.to_string());
        }
        fields
    }

    fn server_fields(&self, gateway: Option<&Self>, request: &Request) -> Fields {
        let mut fields = self.fields(gateway, request);
        if gateway.is_some_and(|gateway| gateway.whole_trace_id() != self.whole_trace_id()) {
            fields.insert("trace".to_owned(), "not the gateway's".to_owned());
        }
        fields
    }

    fn fields(&self, gateway: Option<&Self>, request: &Request) -> Fields {
        let parent = match self.parent_id {
            0 => "none".to_owned(),
            id if gateway.is_some_and(|gateway| gateway.span_id == id) => THE_GATEWAYS.to_owned(),
            id => format!("remote:{id}"),
        };
        let named = [
            ("name", self.name.clone()),
            ("service", self.service.clone()),
            ("resource", self.resource.clone()),
            ("type", self.kind.clone()),
            ("error", self.error.to_string()),
            ("trace", self.trace(request)),
            ("parent", parent),
        ];
        let rest = self.rest.iter().map(|(name, value)| (name.clone(), value.to_string()));
        let named = named.map(|(name, value)| (name.to_owned(), value));
        named.into_iter().chain(rest).chain(tags(&self.meta, &self.metrics)).collect()
    }

    fn start(&self, request: &Request, during: &RangeInclusive<u64>) -> String {
        let ms = self.start / 1_000_000;
        match request.gateway_ms(*during.start()) {
            Some(header) if header == ms => AS_THE_HEADER_SAYS.to_owned(),
            None if during.contains(&ms) => ON_RECEIPT.to_owned(),
            _ => format!("{ms} ms"),
        }
    }

    fn end(&self) -> u64 {
        self.start + self.duration
    }

    fn trace(&self, request: &Request) -> String {
        let id = self.whole_trace_id();
        match (id >> 64, self.trace_id) {
            _ if request.client_trace() != Some(id) => "generated".to_owned(),
            (0, lower) => format!("propagated:{lower}"),
            (upper, lower) => format!("propagated:{upper:016x}:{lower}"),
        }
    }

    fn whole_trace_id(&self) -> u128 {
        let lower = u128::from(self.trace_id);
        let whole = self.meta.get("otel.trace_id").and_then(|id| u128::from_str_radix(id, 16).ok());
        whole.filter(|id| *id as u64 == self.trace_id).unwrap_or(lower)
    }
}

/// The value of `parent` if that is the gateway's span.
pub(crate) const THE_GATEWAYS: &str = "the gateway's";

/// The fields in `meta` and `metrics`.
pub(crate) fn tags<'a>(
    meta: &'a BTreeMap<String, String>,
    metrics: &'a BTreeMap<String, f64>,
) -> impl Iterator<Item = (String, String)> + 'a {
    let meta = meta.iter().map(|(name, value)| (format!("meta.{name}"), value.clone()));
    meta.chain(metrics.iter().map(|(name, value)| (format!("metrics.{name}"), value.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Golden;

    const SENT_MS: u64 = 1_000_000;

    fn report(id: &str, spans: &[Span]) -> Result<Report, String> {
        let golden = Golden::read();
        let request = golden.requests.iter().find(|request| request.id == id).unwrap();
        Report::of(request, &(SENT_MS..=SENT_MS + 10), spans)
    }

    fn gateway(start_ms: u64) -> Span {
        let metrics = [("_dd.inferred_span".to_owned(), 1.0)].into();
        Span { span_id: 1, start: start_ms * 1_000_000, duration: 200_000_000, metrics, ..Span::default() }
    }

    #[test]
    fn start_is_what_the_request_says_or_its_receipt() {
        for (id, start_ms, expected) in [
            ("six", SENT_MS - 150, AS_THE_HEADER_SAYS),
            ("six", SENT_MS - 149, "999851 ms"),
            ("azure-gw-no-time", SENT_MS, ON_RECEIPT),
            ("azure-gw-no-time", SENT_MS - 150, "999850 ms"),
        ] {
            let fields = report(id, &[gateway(start_ms)]).unwrap().gateway.unwrap();
            assert_eq!(fields["start"], expected, "{id}");
        }
    }

    #[test]
    fn trace_is_propagated_if_its_whole_id_is_the_clients() {
        for (upper, expected) in
            [("4bf92f3577b34da6", "propagated:4bf92f3577b34da6:11803532876627986230"), ("01", "generated")]
        {
            let meta = [("otel.trace_id".to_owned(), format!("{upper}a3ce929d0e0e4736"))].into();
            let server = Span { trace_id: 0xa3ce_929d_0e0e_4736, meta, ..Span::default() };
            assert_eq!(report("w3c-sampled", &[server]).unwrap().server.unwrap()["trace"], expected);
        }
    }

    #[test]
    fn server_span_is_within_its_parent_and_trace() {
        for (start_ms, trace_id, is_around, trace) in [
            (SENT_MS, 0, "true", "generated"),
            (SENT_MS + 51, 0, "false", "generated"),
            (SENT_MS - 151, 5, "false", "not the gateway's"),
        ] {
            let server = Span { parent_id: 1, start: start_ms * 1_000_000, trace_id, ..Span::default() };
            let report = report("six", &[server, gateway(SENT_MS - 150)]).unwrap();
            let (gateway, server) = (report.gateway.unwrap(), report.server.unwrap());
            let found = [&gateway["around the server's"], &server["trace"], &server["parent"]];
            assert_eq!(found, [is_around, trace, THE_GATEWAYS]);
        }
    }

    #[test]
    fn second_span_of_a_kind_is_an_error() {
        assert!(report("six", &[gateway(0), gateway(0)]).is_err());
        assert!(report("six", &[Span::default(), Span::default()]).is_err());
    }
}
