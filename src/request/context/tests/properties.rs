//! Any bytes, and any values.

use proptest::prelude::*;
use serde_json::Value;

use super::{http, read, rest, REGION};
use crate::request::context::RequestContext;

/// Any JSON.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z]{0,10}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_a_context_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = RequestContext::from_json(&bytes);
    }

    /// A key with a value of any type loses that key at most, but for those that tell the gateways apart.
    #[test]
    fn an_odd_value_loses_its_own_key_alone(odd in value(), key in prop::sample::select(vec![
        "accountId", "apiId", "requestId", "extendedRequestId", "path", "resourcePath", "protocol", "identity",
        "authorizer", "domainName", "requestTimeEpoch", "unknown",
    ])) {
        let mut context = rest();
        context[key] = odd;
        let read = read(&context, &REGION);
        prop_assert_eq!(&read.expect("a request")[5], "prod");
    }

    #[test]
    fn texts_are_read_as_they_were_written(stage in "[!-&(-~]{1,40}", path in "/[a-z\u{e4}\"\\\\/]{0,40}") {
        let mut context = http();
        context["stage"] = stage.as_str().into();
        context["http"]["path"] = path.as_str().into();
        let read = read(&context, &REGION).expect("a request");
        prop_assert_eq!(&read[5], &stage);
        prop_assert_eq!(&read[4], &path);
    }
}
