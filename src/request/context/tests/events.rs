//! Whole events.

use proptest::prelude::*;
use serde_json::{json, Value};

use super::{http, rest};
use crate::request::context::Event;

fn headers(event: &Value) -> Option<Vec<(String, String)>> {
    let json = event.to_string();
    let (_, headers) = Event::from_json(json.as_bytes())?;
    Some(headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[test]
fn names_of_headers_are_read_in_any_case() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let event = json!({
        "headers": {"TraceParent": "1", "b": "\u{fc}\n", "c": null, "d": 3, "e": {"f": "g"}},
        "multiValueHeaders": {"TraceParent": ["0", "1"]},
        "requestContext": rest(),
    });
    assert_eq!(headers(&event), Some(vec![pair("traceparent", "1"), pair("b", "\u{fc}\n")]));
    let event = json!({"multiValueHeaders": {"A": ["0", null, "1"]}, "headers": null, "requestContext": rest()});
    assert_eq!(headers(&event), Some(vec![pair("a", "0"), pair("a", "1")]));
    assert_eq!(headers(&json!({"requestContext": http(), "headers": ["a"]})), Some(Vec::new()));
    // As `lambda_http` puts them together, whichever list they are in.
    let event = json!({
        "headers": {"A": "1", "b": "2"}, "multiValueHeaders": {"a": ["3", "4"], "C": ["5"]}, "requestContext": rest(),
    });
    assert_eq!(headers(&event), Some(vec![pair("c", "5"), pair("a", "1"), pair("b", "2")]));
}

#[test]
fn events_that_are_no_requests_of_clients_are_left_alone() {
    for event in [
        json!({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}),
        json!({"source": "aws.events", "detail-type": "Scheduled Event", "time": "2024-10-24T14:27:05Z"}),
        // Authorizers.
        json!({"type": "REQUEST", "methodArn": "arn:aws:execute-api:..", "requestContext": rest()}),
        json!({"type": "REQUEST", "routeArn": "arn:aws:execute-api:..", "requestContext": http()}),
        json!({"requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": "GET", "path": "/"}),
        json!([]),
        json!(7),
    ] {
        assert_eq!(headers(&event), None, "{event}");
    }
    for text in ["", "{", "nul", "\"\\ud800\"", "{\"requestContext\":"] {
        assert!(Event::from_json(text.as_bytes()).is_none(), "{text}");
    }
}

#[test]
fn depth_and_size_do_no_harm() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let context = rest().to_string();
    let event = format!(r#"{{"body": {deep}, "requestContext": {context}}}"#);
    assert!(Event::from_json(event.as_bytes()).is_some());
    let event = format!(r#"{{"requestContext": {{"stage": {deep}}}}}"#);
    assert!(Event::from_json(event.as_bytes()).is_none());
    let event = format!(r#"{{"body": "{}", "requestContext": {context}}}"#, "x\\n".repeat(2_000_000));
    assert!(Event::from_json(event.as_bytes()).is_some());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Event::from_json(&bytes);
    }
}
