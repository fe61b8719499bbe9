//! The line that is made of an event.

use std::fmt;
use std::io::Write as _;
use std::slice;

use tracing::field::{Field, Visit};
use tracing::Event;

/// How a stage's log format has a variable.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// In quotes: `-` if it has no value.
    Text,
    /// Without quotes: `null` if it has no value, where the gateway always has one.
    Number,
}

/// Whose formats have a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Api {
    Any,
    Rest,
    Http,
}

use Api::{Any, Http, Rest};
use Form::{Number, Text};

type Key = (&'static str, Form, Api);

/// The keys of the formats in `docs/metrics-and-logs.md`, which a test compares.
static KEYS: [Key; 21] = [
    ("requestId", Text, Any),
    ("extendedRequestId", Text, Any),
    ("apiId", Text, Any),
    ("stage", Text, Any),
    ("ip", Text, Any),
    ("caller", Text, Any),
    ("user", Text, Any),
    ("requestTime", Text, Any),
    ("requestTimeEpoch", Number, Any),
    ("httpMethod", Text, Any),
    ("resourcePath", Text, Rest),
    ("routeKey", Text, Http),
    ("path", Text, Any),
    ("status", Number, Any),
    ("protocol", Text, Any),
    ("responseLength", Text, Any),
    ("responseLatency", Number, Any),
    ("integrationLatency", Text, Any),
    ("integrationStatus", Text, Any),
    ("integrationError", Text, Any),
    ("xrayTraceId", Text, Rest),
];

/// What the application adds, if there is a span.
const OURS: [&str; 4] = ["trace_id", "span_id", "dd.trace_id", "dd.span_id"];

/// More bytes than most lines have.
const CAPACITY: usize = 1024;

/// A line in the making: an event has its fields in the order of the formats, so that they are written as they come.
#[derive(Debug)]
pub(super) struct Line {
    text: Vec<u8>,
    api: Api,
    /// The keys that are still to come.
    rest: slice::Iter<'static, Key>,
}

enum Value<'a> {
    Text(&'a str),
    Number(u64),
    Absent,
}

impl Line {
    /// The line of an event, with its end.
    pub(super) fn of(event: &Event<'_>) -> Vec<u8> {
        let mut line = Self::new();
        event.record(&mut line);
        line.end()
    }

    fn new() -> Self {
        let mut text = Vec::with_capacity(CAPACITY);
        text.push(b'{');
        Self { text, api: Rest, rest: KEYS.iter() }
    }

    fn end(mut self) -> Vec<u8> {
        self.skip(self.rest.len());
        self.text.extend_from_slice(b"}\n");
        self.text
    }

    fn add(&mut self, name: &str, value: &Value<'_>) {
        match (name, value) {
            // The first field: nothing is written yet.
            ("component", Value::Text("aws-httpapi")) => self.api = Http,
            _ if OURS.contains(&name) => {
                self.skip(self.rest.len());
                self.write(name, Text, value);
            }
            _ => {
                let Some(at) = self.rest.as_slice().iter().position(|(key, ..)| *key == name) else { return };
                self.skip(at);
                self.write_next(value);
            }
        }
    }

    /// Writes the next keys without a value.
    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.write_next(&Value::Absent);
        }
    }

    /// Writes the next key, if the format has it.
    fn write_next(&mut self, value: &Value<'_>) {
        match self.rest.next() {
            Some((key, form, api)) if [Any, self.api].contains(api) => self.write(key, *form, value),
            _ => {}
        }
    }

    /// None of these writes fails: a `Vec` takes everything.
    fn write(&mut self, key: &str, form: Form, value: &Value<'_>) {
        let comma = if self.text.len() > 1 { "," } else { "" };
        for part in [comma, "\"", key, "\":"] {
            self.text.extend_from_slice(part.as_bytes());
        }
        let _ = match (form, value) {
            (_, Value::Text(text)) => serde_json::to_writer(&mut self.text, text).map_err(Into::into),
            (Text, Value::Number(number)) => write!(self.text, "\"{number}\""),
            (Number, Value::Number(number)) => write!(self.text, "{number}"),
            (Text, Value::Absent) => self.text.write_all(b"\"-\""),
            (Number, Value::Absent) => self.text.write_all(b"null"),
        };
    }
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &Value::Number(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), &Value::Text(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), &Value::Text(&format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: &[(&str, Value<'_>)]) -> String {
        let mut line = Line::new();
        fields.iter().for_each(|(name, value)| line.add(name, value));
        String::from_utf8(line.end()).expect("UTF-8")
    }

    #[test]
    fn a_line_has_every_key_of_the_gateways_format() {
        let fields = [
            ("component", Value::Text("aws-apigateway")),
            ("stage", Value::Text("pr\"od")),
            ("status", Value::Number(200)),
            ("responseLength", Value::Number(2)),
            ("message", Value::Text("of no format")),
            ("trace_id", Value::Text("0af7")),
        ];
        assert_eq!(
            line(&fields),
            "{\"requestId\":\"-\",\"extendedRequestId\":\"-\",\"apiId\":\"-\",\"stage\":\"pr\\\"od\",\"ip\":\"-\",\
             \"caller\":\"-\",\"user\":\"-\",\"requestTime\":\"-\",\"requestTimeEpoch\":null,\"httpMethod\":\"-\",\
             \"resourcePath\":\"-\",\"path\":\"-\",\"status\":200,\"protocol\":\"-\",\"responseLength\":\"2\",\
             \"responseLatency\":null,\"integrationLatency\":\"-\",\"integrationStatus\":\"-\",\
             \"integrationError\":\"-\",\"xrayTraceId\":\"-\",\"trace_id\":\"0af7\"}\n"
        );
    }

    #[test]
    fn an_http_api_has_a_route_key_and_no_x_ray_trace() {
        let line = line(&[
            ("component", Value::Text("aws-httpapi")),
            ("routeKey", Value::Text("GET /users/{id}")),
            ("xrayTraceId", Value::Text("1-2")),
        ]);
        assert!(line.contains("\"httpMethod\":\"-\",\"routeKey\":\"GET /users/{id}\",\"path\":\"-\""), "{line}");
        assert!(!line.contains("resourcePath") && !line.contains("xrayTraceId"), "{line}");
    }
}
