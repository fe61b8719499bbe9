//! Splits the gateway's span in two, so that service graphs show an edge from the gateway to the application.

use opentelemetry::trace::{SpanContext, SpanId, SpanKind};
use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use opentelemetry_sdk::Resource;

use super::service::{attributes, SERVICE_NAME};

const PEER_SERVICE: &str = "peer.service";

/// Attributes of the gateway's span that the outgoing half repeats. It lacks `_dd.inferred_span`, by which a Collector
/// selects the gateway's spans, because the request would be counted twice; and `server.address`, because the
/// integration's is unknown.
const OF_THE_INTEGRATION: [&str; 6] = [
    "http.request.method",
    "http.request.method_original",
    "url.full",
    "http.response.status_code",
    "error.type",
    "inferred_span.status_inferred",
];

/// Must never change: applications that share a trace, and one that sends a batch again, have to derive the same ids
/// from the same spans. Its digits are those of the golden ratio.
const DERIVATION: u64 = 0x9e37_79b9_7f4a_7c15;

/// Replaces each span that [is split](is_split) by two.
pub(crate) fn split(spans: Vec<SpanData>, application: &Resource) -> Vec<SpanData> {
    let peer = application.get(&Key::from_static_str(SERVICE_NAME));
    let mut halves = Vec::with_capacity(2 * spans.len());
    for span in spans {
        if !is_split(&span) {
            halves.push(span);
            continue;
        }
        let outgoing = outgoing(&span, peer.as_ref());
        halves.push(incoming(span));
        halves.push(outgoing);
    }
    halves
}

/// A span that isn't sampled is exported only by a custom span processor, and its children aren't: there is no edge to
/// show.
fn is_split(span: &SpanData) -> bool {
    span.span_kind == SpanKind::Server && span.span_context.is_valid() && span.span_context.is_sampled()
}

/// The request as its client sees it: the gateway's span with another id.
fn incoming(span: SpanData) -> SpanData {
    let id = derived(span.span_context.span_id());
    SpanData { span_context: with_id(&span.span_context, id), ..span }
}

/// The request to the integration. It has the original id, so that the application's span is its child, and the
/// gateway's whole time, so that every child, even one in a later batch, lies within it.
fn outgoing(span: &SpanData, peer: Option<&Value>) -> SpanData {
    let values = attributes(span, OF_THE_INTEGRATION);
    let repeated = OF_THE_INTEGRATION.into_iter().zip(values);
    let repeated = repeated.filter_map(|(key, value)| Some(KeyValue::new(key, value?.clone())));
    let peer = peer.map(|peer| KeyValue::new(PEER_SERVICE, peer.clone()));
    let mut attributes = Vec::with_capacity(OF_THE_INTEGRATION.len() + 1);
    attributes.extend(repeated.chain(peer));
    SpanData {
        span_context: span.span_context.clone(),
        parent_span_id: derived(span.span_context.span_id()),
        parent_span_is_remote: false,
        span_kind: SpanKind::Client,
        name: span.name.clone(),
        start_time: span.start_time,
        end_time: span.end_time,
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: span.status.clone(),
        instrumentation_scope: span.instrumentation_scope.clone(),
    }
}

/// Never the same id, nor an invalid one. Different ids become different ones, but for the one of all ones and the one
/// that would become invalid, and ids are random.
fn derived(id: SpanId) -> SpanId {
    let id = u64::from_be_bytes(id.to_bytes());
    match id ^ DERIVATION {
        0 => SpanId::from(!DERIVATION),
        derived => SpanId::from(derived),
    }
}

fn with_id(context: &SpanContext, id: SpanId) -> SpanContext {
    let state = context.trace_state().clone();
    SpanContext::new(context.trace_id(), id, context.trace_flags(), context.is_remote(), state)
}
