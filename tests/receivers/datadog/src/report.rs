//! What a tracer reported of a request, in a form in which two tracers' can be compared.

use std::collections::BTreeMap;

use crate::agent::Span;
use crate::golden::Replayed;

/// A span's fields by name, and what they say. Times and ids are put in terms of the request.
pub type Fields = BTreeMap<String, String>;

/// The spans of one request.
#[derive(Debug)]
pub struct Report {
    pub gateway: Option<Fields>,
    pub server: Fields,
}

/// The start of a span that began when the gateway says it took the request.
pub const AS_THE_HEADER_SAYS: &str = "as the header says";
/// The start of a span of a gateway that doesn't say when.
pub const ON_RECEIPT: &str = "on receipt";

impl Report {
    /// What ours is, or why it is none.
    pub fn of(replayed: &Replayed, spans: &[Span]) -> Result<Self, String> {
        let mine = spans.iter().filter(|span| span.user_agent() == replayed.user_agent);
        let (gateways, servers): (Vec<&Span>, Vec<&Span>) = mine.partition(|s| s.is_gateway());
        let (gateway, server) = match (&gateways[..], &servers[..]) {
            ([], [server]) => (None, *server),
            ([gateway], [server]) => (Some(*gateway), *server),
            _ => {
                return Err(format!(
                    "expected a server span and at most one gateway span, found {servers:?} and {gateways:?}"
                ))
            }
        };
        Ok(Self {
            gateway: gateway.map(|gateway| gateway_fields(gateway, server, replayed)),
            server: server_fields(server, gateway, replayed),
        })
    }
}

/// Whether every span is that of a request that was sent.
pub fn no_others(spans: &[Span], user_agents: &[String]) -> bool {
    let is_known = |span: &Span| user_agents.iter().any(|known| known == span.user_agent());
    let strangers: Vec<&Span> = spans.iter().filter(|span| !is_known(span)).collect();
    for stranger in &strangers {
        println!("FAULT: a span of no request: {stranger:?}");
    }
    strangers.is_empty()
}

fn gateway_fields(gateway: &Span, server: &Span, replayed: &Replayed) -> Fields {
    let mut fields = fields(gateway, replayed);
    let parent = parent(gateway, None);
    fields.insert("parent".to_owned(), parent);
    fields.insert("start".to_owned(), start(gateway, replayed));
    let (start, end) = (gateway.start, gateway.start + gateway.duration);
    let is_around = start <= server.start && server.start + server.duration <= end;
    fields.insert("around the server's".to_owned(), is_around.to_string());
    fields
}

fn server_fields(server: &Span, gateway: Option<&Span>, replayed: &Replayed) -> Fields {
    let mut fields = fields(server, replayed);
    fields.insert("parent".to_owned(), parent(server, gateway));
    if gateway.is_some_and(|gateway| trace_id(gateway) != trace_id(server)) {
        fields.insert("trace".to_owned(), "not the gateway's".to_owned());
    }
    fields
}

fn fields(span: &Span, replayed: &Replayed) -> Fields {
    let mut fields = Fields::new();
    let mut insert = |name: &str, value: &str| fields.insert(name.to_owned(), value.to_owned());
    insert("name", &span.name);
    insert("service", &span.service);
    insert("resource", &span.resource);
    insert("type", &span.kind);
    insert("error", &span.error.to_string());
    insert("trace", &trace(span, replayed));
    for (name, value) in &span.rest {
        insert(name, &value.to_string());
    }
    tags(&mut fields, &span.meta, &span.metrics);
    fields
}

/// Adds what is in `meta` and `metrics`.
pub fn tags(fields: &mut Fields, meta: &BTreeMap<String, String>, metrics: &BTreeMap<String, f64>) {
    let meta = meta.iter().map(|(name, value)| (format!("meta.{name}"), value.clone()));
    let metrics = metrics.iter().map(|(name, value)| (format!("metrics.{name}"), value.to_string()));
    fields.extend(meta.chain(metrics));
}

fn parent(span: &Span, gateway: Option<&Span>) -> String {
    match span.parent_id {
        0 => "none".to_owned(),
        id if gateway.is_some_and(|gateway| gateway.span_id == id) => "the gateway's".to_owned(),
        id => format!("remote:{id}"),
    }
}

fn start(span: &Span, replayed: &Replayed) -> String {
    let ms = span.start / 1_000_000;
    match replayed.header_ms {
        Some(header) if header == ms => AS_THE_HEADER_SAYS.to_owned(),
        None if (replayed.sent_ms..=replayed.answered_ms).contains(&ms) => ON_RECEIPT.to_owned(),
        _ => format!("{ms} ms"),
    }
}

/// A trace's id of 128 bits; the agent's field has the lower half.
fn trace_id(span: &Span) -> (u64, u64) {
    let whole = span.meta.get("otel.trace_id");
    let whole = whole.and_then(|id| u128::from_str_radix(id, 16).ok());
    let upper = whole.filter(|id| *id as u64 == span.trace_id);
    (upper.map_or(0, |id| (id >> 64) as u64), span.trace_id)
}

fn trace(span: &Span, replayed: &Replayed) -> String {
    if replayed.client_trace != Some(trace_id(span)) {
        return "generated".to_owned();
    }
    match trace_id(span) {
        (0, lower) => format!("propagated:{lower}"),
        (upper, lower) => format!("propagated:{upper:016x}:{lower}"),
    }
}
