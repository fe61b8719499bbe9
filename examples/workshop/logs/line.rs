//! A line of either log.

use serde_json::Value;

use crate::route::Route;
use crate::Error;

#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The extended request id, on which the logs are joined: a client can choose the other one.
    pub(crate) id: String,
    /// When the gateway received the request, in milliseconds since 1970.
    pub(crate) start: Option<u64>,
    pub(crate) route: Route,
    pub(crate) path: String,
    pub(crate) status: Option<u64>,
    /// In milliseconds, as is the next.
    pub(crate) latency: Option<u64>,
    pub(crate) integration_latency: Option<u64>,
    pub(crate) error: Option<String>,
    /// In the application's log only.
    pub(crate) trace_id: Option<String>,
    /// The line itself.
    pub(crate) json: String,
}

impl Line {
    /// The lines of a log.
    pub(crate) fn all(log: &str) -> Result<Vec<Self>, Error> {
        log.lines().map(Self::parse).collect()
    }

    fn parse(line: &str) -> Result<Self, Error> {
        let object: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}: {line}"))?;
        let value = |key| object.get(key).filter(|value| **value != "-");
        let text = |key| value(key).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            id: text("extendedRequestId").unwrap_or_default(),
            start: value("requestTimeEpoch").and_then(number),
            route: Route {
                stage: text("stage").unwrap_or_default(),
                resource: text("resourcePath").unwrap_or_default(),
                method: text("httpMethod").unwrap_or_default(),
            },
            path: text("path").unwrap_or_default(),
            status: value("status").and_then(number),
            latency: value("responseLatency").and_then(number),
            integration_latency: value("integrationLatency").and_then(number),
            error: text("integrationError"),
            trace_id: text("trace_id"),
            json: line.to_owned(),
        })
    }

    /// The gateway and the application have different words for it.
    pub(crate) fn is_timeout(&self) -> bool {
        self.error.as_deref().is_some_and(|error| error.contains("timeout"))
    }
}

/// What may be missing is in quotes.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_in_quotes_and_texts_may_be_absent() {
        let line = r#"{"extendedRequestId":"a=","status":504,"requestTimeEpoch":12,"integrationLatency":"1001","responseLatency":null,"integrationError":"timeout","path":"-"}"#;
        let line = Line::parse(line).unwrap();
        assert_eq!((line.id.as_str(), line.status, line.start), ("a=", Some(504), Some(12)));
        assert_eq!((line.latency, line.integration_latency), (None, Some(1_001)));
        assert!(line.is_timeout() && line.path.is_empty() && line.trace_id.is_none());
    }

    #[test]
    fn a_line_that_is_no_json_is_an_error() {
        assert!(Line::all("{}\n{\"status\":-}\n").is_err());
    }
}
