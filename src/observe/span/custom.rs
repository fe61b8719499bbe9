//! Attributes that the application adds to the gateway's span.

use std::fmt;
use std::sync::Arc;

use opentelemetry::{Array, KeyValue, Value};

use crate::catch_panic::catch_panic;
use crate::hints;
use crate::request::RequestView;

/// The largest number of them.
const MOST: usize = 16;
/// The longest name and the longest text, in bytes.
const LONGEST: usize = 1024;

/// Those that the span itself has, and those that decide where Datadog and the exporters put it.
const TAKEN: [&str; 32] = [
    "operation.name",
    "span.type",
    "_dd.inferred_span",
    "component",
    "resource.name",
    "service.name",
    "server.address",
    "server.port",
    "http.request.method",
    "http.request.method_original",
    "http.response.status_code",
    "http.route",
    "error.type",
    "url.scheme",
    "url.full",
    "url.path",
    "user_agent.original",
    "stage",
    "apiid",
    "region",
    "account_id",
    "dd_resource_key",
    "cloud.provider",
    "cloud.region",
    "cloud.account.id",
    "cloud.resource_id",
    "aws_user",
    "aws.request_id",
    "aws.extended_request_id",
    "aws.xray.trace_id",
    "client.address",
    "peer.service",
];

type Make = dyn Fn(&RequestView<'_>) -> Vec<KeyValue> + Send + Sync;

/// The application's closure.
#[derive(Clone)]
pub(crate) struct CustomAttributes(Arc<Make>);

impl CustomAttributes {
    pub(crate) fn new<I>(make: impl Fn(&RequestView<'_>) -> I + Send + Sync + 'static) -> Self
    where
        I: IntoIterator<Item = KeyValue>,
    {
        // One more than are taken, so that more are noticed; an iterator without end does no harm.
        Self(Arc::new(move |view| make(view).into_iter().take(MOST + 1).collect()))
    }

    /// Those that may be set; none if the closure panics.
    pub(super) fn of(&self, view: &RequestView<'_>) -> Vec<KeyValue> {
        let mut attributes = catch_panic(|| (self.0)(view)).unwrap_or_default();
        let made = attributes.len();
        attributes.truncate(MOST);
        attributes.retain(|attribute| is_free(attribute.key.as_str()) && is_short(&attribute.value));
        if attributes.len() < made {
            hints::attributes_dropped();
        }
        for attribute in &mut attributes {
            if let Value::String(text) = &attribute.value {
                if text.as_str().len() > LONGEST {
                    attribute.value = cut(text.as_str()).to_owned().into();
                }
            }
        }
        attributes
    }
}

fn is_free(name: &str) -> bool {
    let is_ours = TAKEN.contains(&name) || name.starts_with("inferred_span.");
    !name.is_empty() && name.len() <= LONGEST && !is_ours
}

/// Whether the value is no list that is longer than a text may be.
fn is_short(value: &Value) -> bool {
    match value {
        Value::Array(Array::String(texts)) => texts.iter().map(|text| text.as_str().len()).sum::<usize>() <= LONGEST,
        Value::Array(Array::Bool(list)) => list.len() <= LONGEST,
        Value::Array(Array::I64(list)) => list.len() <= LONGEST / 8,
        Value::Array(Array::F64(list)) => list.len() <= LONGEST / 8,
        Value::Array(_) => false,
        _ => true,
    }
}

/// The beginning of a text, in whole characters.
fn cut(text: &str) -> &str {
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

impl fmt::Debug for CustomAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomAttributes(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::ProxyRequest;
    use opentelemetry::StringValue;

    fn set(make: impl Fn() -> Vec<KeyValue> + Send + Sync + 'static) -> Vec<String> {
        let headers = [("x-dd-proxy", "azure-fd")];
        let request = ProxyRequest::from_headers(headers).expect("valid").expect("from a gateway");
        let view = RequestView::new(&request, &|_| None);
        let attributes = CustomAttributes::new(move |_| make()).of(&view);
        attributes.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect()
    }

    #[test]
    fn they_are_bounded_and_override_nothing() {
        assert_eq!(
            set(|| vec![
                KeyValue::new("tenant", "acme"),
                KeyValue::new("service.name", "evil"),
                KeyValue::new("inferred_span.after_timeout", true),
                KeyValue::new("", "x"),
                KeyValue::new("seats", 3),
            ]),
            ["tenant=acme", "seats=3"]
        );
        assert_eq!(set(|| (0..100).map(|n| KeyValue::new(format!("k{n}"), n)).collect()).len(), MOST);
        let long = set(|| vec![KeyValue::new("long", "ü".repeat(1_000))]);
        assert_eq!(long[0].len(), "long=".len() + LONGEST);
        let list = Value::Array(Array::from(vec![StringValue::from("x".repeat(2_000))]));
        assert!(set(move || vec![KeyValue::new("list", list.clone())]).is_empty());
        assert!(set(|| panic!("boom")).is_empty());
    }
}
