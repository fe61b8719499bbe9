//! The golden requests.

use serde::Deserialize;

/// How long before it reaches the application a request was at the gateway, in milliseconds.
const AGE_MS: u64 = 150;

#[derive(Deserialize)]
pub(crate) struct Requests {
    pub(crate) requests: Vec<Request>,
}

#[derive(Debug, Deserialize)]
pub struct Request {
    pub id: String,
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// Names and values of the headers, for a request that is sent at `sent_ms`, in milliseconds since 1970.
    pub fn headers(&self, sent_ms: u64) -> impl Iterator<Item = (&str, String)> {
        let time = (sent_ms - AGE_MS).to_string();
        let headers = self.headers.iter();
        let headers = headers.map(move |(name, value)| (name.as_str(), value.replace("{{now_ms-150}}", &time)));
        headers.chain([("user-agent", user_agent(&self.id))])
    }

    /// Whether the client samples the trace, as far as its headers say.
    pub fn is_sampled(&self) -> bool {
        match (self.header("x-datadog-sampling-priority"), self.header("traceparent")) {
            (Some(priority), _) => priority.parse().is_ok_and(|priority: i8| priority > 0),
            (None, Some(traceparent)) => traceparent.ends_with("-01"),
            (None, None) => true,
        }
    }

    /// What `x-dd-proxy-request-time-ms` says in a request that is sent at `sent_ms`.
    pub(crate) fn gateway_ms(&self, sent_ms: u64) -> Option<u64> {
        self.header("x-dd-proxy-request-time-ms").map(|_| sent_ms - AGE_MS)
    }

    /// The trace that the client is in.
    pub(crate) fn client_trace(&self) -> Option<u128> {
        if let Some(id) = self.header("x-datadog-trace-id") {
            return Some(id.parse().expect("a number"));
        }
        let id = self.header("traceparent")?.split('-').nth(1)?;
        Some(u128::from_str_radix(id, 16).expect("hexadecimal"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(n, _)| n == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// The `user-agent` that is sent with a golden request, here and when the other tracers were recorded.
pub fn user_agent(id: &str) -> String {
    format!("golden/1.0 case={id}")
}
