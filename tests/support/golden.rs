//! Requests that were sent to applications with Datadog's tracers for Node (dd-trace 6.21, express) and Python
//! (ddtrace 4.16, FastAPI), what those reported, and how ours may differ.

use std::collections::BTreeMap;

use http::Request;
use opentelemetry::trace::{SpanId, Status, TraceId};
use serde::Deserialize;
use serde_json::{json, Value};

use crate::spans::{now_ms, Span};

#[derive(Deserialize)]
struct Requests {
    requests: Vec<GoldenRequest>,
}

#[derive(Deserialize)]
pub struct GoldenRequest {
    pub id: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Report {
    spans: Vec<PeerSpan>,
}

/// A span as the peer's tracer sent it to Datadog's agent.
#[derive(Deserialize)]
struct PeerSpan {
    parent: String,
    name: String,
    service: String,
    resource: String,
    error: u8,
    trace: String,
    start_minus_header_ms: Option<f64>,
    meta: BTreeMap<String, String>,
    metrics: BTreeMap<String, f64>,
}

impl PeerSpan {
    fn is_gateway(&self) -> bool {
        self.metrics.contains_key("_dd.inferred_span")
    }
}

pub struct Golden {
    pub requests: Vec<GoldenRequest>,
    peers: [(&'static str, BTreeMap<String, Report>); 2],
}

impl Golden {
    pub fn read() -> Self {
        let requests: Requests = serde_json::from_str(include_str!("../golden/requests.json")).expect("requests");
        let report = |json| serde_json::from_str(json).expect("a report");
        Self {
            requests: requests.requests,
            peers: [
                ("js", report(include_str!("../golden/js.json"))),
                ("py", report(include_str!("../golden/py.json"))),
            ],
        }
    }
}

impl GoldenRequest {
    /// The request as it is to be sent now, and the time its gateway names.
    pub fn now<B>(&self, authority: &str, body: B) -> (Request<B>, Option<u64>) {
        let time = now_ms() - 150;
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(format!("http://{authority}{}", self.path))
            .header("host", authority);
        let mut sent = None;
        for (name, value) in &self.headers {
            let value = value.replace("{{now_ms-150}}", &time.to_string());
            if name == "x-dd-proxy-request-time-ms" {
                sent = Some(time);
            }
            request = request.header(name, value);
        }
        (request.body(body).expect("a request"), sent)
    }

    /// What this request's headers say of sampling.
    pub fn is_sampled(&self) -> bool {
        !matches!(self.id.as_str(), "w3c-unsampled" | "dd-prop-prio-neg1")
    }
}

/// What both peers and ours say of a gateway's span, in Datadog's names.
type Fields = BTreeMap<&'static str, Value>;

/// Where ours differs from a peer's on purpose: request, peer, field, reason.
const DIFFERENCES: [(&str, &str, &str, &str); 20] = [
    ("six", "py", "http.status_code", NO_STATUS),
    ("six+optional", "py", "http.status_code", NO_STATUS),
    ("httpapi", "py", "http.status_code", NO_STATUS),
    ("azure-apim", "py", "http.status_code", NO_STATUS),
    ("dd-prop-prio2", "py", "http.status_code", NO_STATUS),
    ("w3c-sampled", "py", "http.status_code", NO_STATUS),
    ("status-404", "py", "http.status_code", NO_STATUS),
    ("slow", "py", "http.status_code", NO_STATUS),
    ("stream", "py", "http.status_code", NO_STATUS),
    ("azure-gw-no-time", "py", "span", "py doesn't know azure-gw"),
    ("six+optional", "js", "aws_user", "personal data only when asked for"),
    ("six+optional", "py", "aws_user", "personal data only when asked for"),
    ("w3c-unsampled", "js", "span", NOT_SAMPLED),
    ("w3c-unsampled", "py", "span", NOT_SAMPLED),
    ("dd-prop-prio-neg1", "js", "span", NOT_SAMPLED),
    ("dd-prop-prio-neg1", "py", "span", NOT_SAMPLED),
    ("throw", "js", "error.type", ERROR_TYPE),
    ("throw", "py", "error.type", ERROR_TYPE),
    ("status-500", "js", "error.type", ERROR_TYPE),
    ("status-500", "py", "error.type", ERROR_TYPE),
];

const NO_STATUS: &str = "under FastAPI, py's gateway span lacks the status on 2xx and 4xx";
const NOT_SAMPLED: &str = "OpenTelemetry exports no span of a trace that isn't sampled";
const ERROR_TYPE: &str = "OpenTelemetry's error.type is the status code where there is one";

/// Compares the gateway's span of a request with the peers' field by field; returns the differences that were used.
pub fn compare(golden: &Golden, request: &GoldenRequest, ours: Option<&Span>) -> Vec<usize> {
    let ours = ours.map_or_else(BTreeMap::new, fields);
    let mut used = Vec::new();
    for (peer, reports) in &golden.peers {
        let theirs = reports[&request.id].spans.iter().find(|s| s.is_gateway());
        let theirs = theirs.map_or_else(BTreeMap::new, peer_fields);
        let mut names: Vec<&str> = ours.keys().chain(theirs.keys()).copied().collect();
        names.sort_unstable();
        names.dedup();
        let (found, missing) = (!ours.is_empty(), !theirs.is_empty());
        if found != missing {
            names = vec!["span"];
        }
        for name in names {
            if name != "span" && ours.get(name) == theirs.get(name) {
                continue;
            }
            let known = DIFFERENCES.iter().position(|known| (known.0, known.1, known.2) == (&request.id, peer, name));
            match known {
                Some(known) => used.push(known),
                None => panic!(
                    "{} differs from {peer} in {name}: {:?} and {:?}",
                    request.id,
                    ours.get(name),
                    theirs.get(name)
                ),
            }
        }
    }
    used
}

/// Fails if a difference is claimed that isn't one.
pub fn assert_all_used(used: &[usize]) {
    for (at, difference) in DIFFERENCES.iter().enumerate() {
        assert!(used.contains(&at), "no difference: {difference:?}");
    }
}

fn peer_fields(span: &PeerSpan) -> Fields {
    let mut fields = Fields::from([
        ("name", json!(span.name)),
        ("service", json!(span.service)),
        ("resource", json!(span.resource)),
        ("error", json!(span.error)),
        ("type", json!("web")),
    ]);
    for name in META {
        if let Some(value) = span.meta.get(name) {
            fields.insert(name, json!(value));
        }
    }
    if let Some(parent) = span.parent.strip_prefix("remote:") {
        fields.insert("parent", json!(parent));
    }
    if let Some(trace) = span.trace.strip_prefix("propagated:") {
        let low = trace.rsplit(':').next().expect("the low 64 bits");
        fields.insert("trace", json!(low));
    }
    if let Some(difference) = span.start_minus_header_ms {
        assert!(difference.abs() < 0.001);
    }
    fields
}

const META: [&str; 13] = [
    "http.method",
    "http.url",
    "http.route",
    "http.status_code",
    "span.kind",
    "component",
    "stage",
    "apiid",
    "region",
    "account_id",
    "dd_resource_key",
    "aws_user",
    "error.type",
];

/// As Datadog's Agent maps OpenTelemetry's names.
fn fields(span: &Span) -> Fields {
    let text = |name: &str| match span.attribute(name) {
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    };
    let mut fields = Fields::from([
        ("name", text("operation.name")),
        ("service", text("service.name")),
        ("resource", text("resource.name")),
        ("type", text("span.type")),
        ("error", json!(u8::from(matches!(span.status, Status::Error { .. })))),
        ("http.method", text("http.request.method")),
        ("http.url", text("url.full")),
        ("http.status_code", text("http.response.status_code")),
        ("span.kind", json!(format!("{:?}", span.kind).to_lowercase())),
    ]);
    for name in META {
        if !fields.contains_key(name) {
            fields.insert(name, text(name));
        }
    }
    if span.parent != SpanId::INVALID {
        let parent = u64::from_be_bytes(span.parent.to_bytes());
        fields.insert("parent", json!(parent.to_string()));
        fields.insert("trace", json!(low_64_bits(span.trace_id).to_string()));
    }
    fields.retain(|_, value| !value.is_null());
    fields
}

pub fn low_64_bits(trace: TraceId) -> u64 {
    u128::from_be_bytes(trace.to_bytes()) as u64
}
