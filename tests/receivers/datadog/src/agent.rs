//! What Datadog's test agent has received.

use golden::Span;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::Deserialize;

use crate::client::Connection;

pub struct Agent {
    address: String,
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
