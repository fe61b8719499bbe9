//! Requests that were sent to applications with Datadog's tracers for Node (dd-trace 6.21, express) and Python
//! (ddtrace 4.16, FastAPI), and what those reported.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Deserialize;

use crate::client::Connection;
use crate::report::{self, Fields, Report, AS_THE_HEADER_SAYS, ON_RECEIPT};

pub const PEERS: [&str; 2] = ["js", "py"];

/// How long before it reaches the application a request was at the gateway, in milliseconds.
const AGE_MS: u64 = 150;

/// The peers' times are in hundredths of a millisecond.
const ROUNDING_MS: f64 = 0.02;

#[derive(Deserialize)]
struct Requests {
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    id: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct PeerReport {
    spans: Vec<PeerSpan>,
}

#[derive(Deserialize)]
struct PeerSpan {
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

pub struct Golden {
    requests: Vec<Request>,
    peers: [BTreeMap<String, PeerReport>; 2],
}

/// A request that was answered.
pub struct Replayed {
    pub id: String,
    pub user_agent: String,
    /// What `x-dd-proxy-request-time-ms` said.
    pub header_ms: Option<u64>,
    pub sent_ms: u64,
    pub answered_ms: u64,
    /// The trace the client says it is in: the upper and the lower half of its id.
    pub client_trace: Option<(u64, u64)>,
}

impl Golden {
    pub fn read() -> Self {
        let requests: Requests = serde_json::from_str(include_str!("../../../golden/requests.json")).expect("requests");
        let peer = |json| serde_json::from_str(json).expect("a peer's reports");
        Self {
            requests: requests.requests,
            peers: [peer(include_str!("../../../golden/js.json")), peer(include_str!("../../../golden/py.json"))],
        }
    }

    pub fn user_agents(&self) -> Vec<String> {
        self.requests.iter().map(Request::user_agent).collect()
    }

    /// Sends every request, each over a connection of its own.
    pub async fn replay(&self, address: &str) -> Vec<Replayed> {
        let mut replayed = Vec::new();
        for request in &self.requests {
            replayed.push(request.replay(&mut Connection::to(address).await).await);
        }
        replayed
    }

    /// Sends the requests with these ids, one after the other over one connection.
    pub async fn replay_some(&self, address: &str, ids: &[&str]) {
        let mut connection = Connection::to(address).await;
        for id in ids {
            let request = self.requests.iter().find(|request| request.id == *id);
            let request = request.unwrap_or_else(|| panic!("no golden request {id:?}"));
            request.replay(&mut connection).await;
        }
    }

    /// What each of [`PEERS`] reported.
    pub fn peer_reports(&self, id: &str) -> [Report; 2] {
        let reports = self.peers.each_ref().map(|reports| reports.get(id));
        reports.map(|report| report.expect("every request was replayed there").read())
    }
}

impl Request {
    fn user_agent(&self) -> String {
        user_agent(&self.id)
    }

    async fn replay(&self, connection: &mut Connection) -> Replayed {
        assert_eq!(self.method, "GET");
        let sent_ms = now_ms();
        let header_ms = sent_ms - AGE_MS;
        let time = header_ms.to_string();
        let headers = self.headers.iter().map(|(name, value)| {
            let value = value.replace("{{now_ms-150}}", &time);
            (name.as_str(), value)
        });
        let headers = headers.chain([("user-agent", self.user_agent())]);
        connection.get(&self.path, headers).await;
        Replayed {
            id: self.id.clone(),
            user_agent: self.user_agent(),
            header_ms: self.header("x-dd-proxy-request-time-ms").map(|_| header_ms),
            sent_ms,
            answered_ms: now_ms(),
            client_trace: self.client_trace(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(n, _)| n == name);
        header.map(|(_, value)| value.as_str())
    }

    fn client_trace(&self) -> Option<(u64, u64)> {
        if let Some(id) = self.header("x-datadog-trace-id") {
            return Some((0, id.parse().expect("a number")));
        }
        let id = self.header("traceparent")?.split('-').nth(1)?;
        let id = u128::from_str_radix(id, 16).expect("hexadecimal");
        Some(((id >> 64) as u64, id as u64))
    }
}

/// As in the golden runs. It is by this that a span's request is known.
pub fn user_agent(id: &str) -> String {
    format!("golden/1.0 case={id}")
}

impl PeerReport {
    fn read(&self) -> Report {
        let is_gateway = |span: &&PeerSpan| span.metrics.contains_key("_dd.inferred_span");
        let (gateways, servers): (Vec<&PeerSpan>, Vec<&PeerSpan>) = self.spans.iter().partition(is_gateway);
        let (gateway, server) = match (&gateways[..], &servers[..]) {
            ([], [server]) => (None, server),
            ([gateway], [server]) => (Some(*gateway), server),
            _ => panic!("unexpected spans in golden data"),
        };
        Report { gateway: gateway.map(|gateway| gateway.gateway_fields(server)), server: server.fields(gateway) }
    }
}

impl PeerSpan {
    fn gateway_fields(&self, server: &Self) -> Fields {
        let mut fields = self.fields(None);
        fields.insert("start".to_owned(), self.start());
        let is_around = self.start_minus_send_ms <= server.start_minus_send_ms + ROUNDING_MS
            && server.end() <= self.end() + ROUNDING_MS;
        fields.insert("around the server's".to_owned(), is_around.to_string());
        fields
    }

    fn fields(&self, gateway: Option<&Self>) -> Fields {
        let parent = match gateway {
            Some(gateway) if gateway.id == self.parent => "the gateway's",
            _ => &self.parent,
        };
        let error = self.error.to_string();
        let named = [
            ("name", self.name.as_str()),
            ("service", &self.service),
            ("resource", &self.resource),
            ("type", &self.kind),
            ("error", &error),
            ("trace", &self.trace),
            ("parent", parent),
        ];
        let mut fields: Fields = named.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        report::tags(&mut fields, &self.meta, &self.metrics);
        fields
    }

    fn start(&self) -> String {
        match self.start_minus_header_ms {
            Some(difference) if difference.abs() < 0.5 => AS_THE_HEADER_SAYS.to_owned(),
            Some(difference) => format!("{difference} ms from the header"),
            None if (0.0..5.0).contains(&self.start_minus_send_ms) => ON_RECEIPT.to_owned(),
            None => format!("{} ms from sending", self.start_minus_send_ms),
        }
    }

    fn end(&self) -> f64 {
        self.start_minus_send_ms + self.duration_ms
    }
}

pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.expect("after 1970").as_millis();
    u64::try_from(ms).expect("before the year 500 million")
}
