//! An event's fields, and the line that is made of them.

use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};

/// How a stage's log format has a variable.
#[derive(Clone, Copy)]
enum Form {
    /// In quotes: `-` if it has no value.
    Text,
    /// Without quotes: `null` if it has no value, where the gateway always has one.
    Number,
}

use Form::{Number, Text};

/// The keys of the formats in `docs/metrics-and-logs.md`, which a test compares.
const REST_API: [(&str, Form); 20] = [
    ("requestId", Text),
    ("extendedRequestId", Text),
    ("apiId", Text),
    ("stage", Text),
    ("ip", Text),
    ("caller", Text),
    ("user", Text),
    ("requestTime", Text),
    ("requestTimeEpoch", Number),
    ("httpMethod", Text),
    ("resourcePath", Text),
    ("path", Text),
    ("status", Number),
    ("protocol", Text),
    ("responseLength", Text),
    ("responseLatency", Number),
    ("integrationLatency", Text),
    ("integrationStatus", Text),
    ("integrationError", Text),
    ("xrayTraceId", Text),
];

const HTTP_API: [(&str, Form); 19] = [
    ("requestId", Text),
    ("extendedRequestId", Text),
    ("apiId", Text),
    ("stage", Text),
    ("ip", Text),
    ("caller", Text),
    ("user", Text),
    ("requestTime", Text),
    ("requestTimeEpoch", Number),
    ("httpMethod", Text),
    ("routeKey", Text),
    ("path", Text),
    ("status", Number),
    ("protocol", Text),
    ("responseLength", Text),
    ("responseLatency", Number),
    ("integrationLatency", Text),
    ("integrationStatus", Text),
    ("integrationError", Text),
];

/// What the application adds, if there is a span.
const OURS: [&str; 4] = ["trace_id", "span_id", "dd.trace_id", "dd.span_id"];

/// The fields of an event.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    /// The line, with its end.
    pub(super) fn to_line(&self) -> String {
        let is_http_api = self.get("component").and_then(Value::as_str) == Some("aws-httpapi");
        let format: &[(&str, Form)] = if is_http_api { &HTTP_API } else { &REST_API };
        let theirs = format.iter().map(|(name, form)| (*name, form.of(self.get(name))));
        let ours = OURS.into_iter().filter_map(|name| Some((name, self.get(name)?.clone())));
        let pairs: Vec<_> = theirs.chain(ours).map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}\n", pairs.join(","))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.push((field.name(), value.into()));
    }
}

impl Form {
    fn of(self, value: Option<&Value>) -> Value {
        match (self, value) {
            (Number, value) => value.cloned().unwrap_or_default(),
            (Text, None) => Value::from("-"),
            (Text, Some(Value::String(text))) => Value::from(text.as_str()),
            (Text, Some(other)) => Value::from(other.to_string()),
        }
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: Vec<(&'static str, Value)>) -> String {
        Fields(fields).to_line()
    }

    #[test]
    fn a_line_has_every_key_of_the_gateways_format() {
        let fields = vec![
            ("component", "aws-apigateway".into()),
            ("stage", "pr\"od".into()),
            ("status", 200.into()),
            ("responseLength", 2.into()),
            ("trace_id", "0af7".into()),
        ];
        assert_eq!(
            line(fields),
            "{\"requestId\":\"-\",\"extendedRequestId\":\"-\",\"apiId\":\"-\",\"stage\":\"pr\\\"od\",\"ip\":\"-\",\
             \"caller\":\"-\",\"user\":\"-\",\"requestTime\":\"-\",\"requestTimeEpoch\":null,\"httpMethod\":\"-\",\
             \"resourcePath\":\"-\",\"path\":\"-\",\"status\":200,\"protocol\":\"-\",\"responseLength\":\"2\",\
             \"responseLatency\":null,\"integrationLatency\":\"-\",\"integrationStatus\":\"-\",\
             \"integrationError\":\"-\",\"xrayTraceId\":\"-\",\"trace_id\":\"0af7\"}\n"
        );
    }

    #[test]
    fn an_http_api_has_a_route_key_and_no_x_ray_trace() {
        let line = line(vec![("component", "aws-httpapi".into()), ("routeKey", "GET /users/{id}".into())]);
        assert!(line.contains("\"httpMethod\":\"-\",\"routeKey\":\"GET /users/{id}\",\"path\":\"-\""), "{line}");
        assert!(!line.contains("resourcePath") && !line.contains("xrayTraceId"), "{line}");
    }
}
