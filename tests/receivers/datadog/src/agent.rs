//! What Datadog's test agent has received.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::Value;

use crate::client::Connection;

pub struct Agent {
    address: String,
}

/// A span as Datadog's agents take it.
#[derive(Debug, Deserialize)]
pub struct Span {
    pub name: String,
    pub service: String,
    pub resource: String,
    #[serde(rename = "type", default)]
    pub kind: String,
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

impl Span {
    pub fn is_gateway(&self) -> bool {
        self.metrics.contains_key("_dd.inferred_span")
    }

    pub fn user_agent(&self) -> &str {
        self.meta.get("http.useragent").map_or("", String::as_str)
    }

    pub fn priority(&self) -> Option<f64> {
        self.metrics.get("_sampling_priority_v1").copied()
    }
}

/// What the client counted of spans that are alike.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statistic {
    pub name: String,
    pub resource: String,
    pub hits: u64,
    pub top_level_hits: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics<T> {
    stats: Vec<T>,
}

impl Agent {
    pub fn at(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// Forgets what was received so far.
    pub async fn clear(&self) {
        self.ask("/test/session/clear").await;
    }

    /// Every span of every trace.
    pub async fn spans(&self) -> Vec<Span> {
        let traces: Vec<Vec<Span>> = self.read("/test/session/traces").await;
        traces.into_iter().flatten().collect()
    }

    pub async fn statistics(&self) -> Vec<Statistic> {
        let payloads: Vec<Statistics<Statistics<Statistic>>> = self.read("/test/session/stats").await;
        let buckets = payloads.into_iter().flat_map(|payload| payload.stats);
        buckets.flat_map(|bucket| bucket.stats).collect()
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> T {
        let body = self.ask(path).await;
        serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{path} of the agent: {e}"))
    }

    async fn ask(&self, path: &str) -> bytes::Bytes {
        let mut connection = Connection::to(&self.address).await;
        let (status, body) = connection.get(path, []).await;
        assert_eq!(status, StatusCode::OK, "{path} of the agent");
        body
    }
}
