//! What the gateway said of a request in the event of an AWS Lambda function: its `requestContext`.
//!
//! The same request as that of the headers, by other names. The texts are those of the event; they are checked where
//! those of headers are.

mod json;
mod kind;
mod read;
mod region;
#[cfg(test)]
mod tests;

#[cfg(feature = "lambda")]
mod event;

use std::borrow::Cow;

use serde::Deserialize;

#[cfg(feature = "lambda")]
pub(crate) use event::{Event, EventHeaders};
pub(crate) use json::{Millis, Object, Present, Text};
pub(crate) use read::Surroundings;

/// The keys that are needed of a `requestContext`; it also has API keys, access keys and claims, which aren't read.
///
/// A key of another type than its own counts as absent.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RequestContext<'a> {
    #[serde(borrow)]
    pub(crate) account_id: Text<'a>,
    pub(crate) api_id: Text<'a>,
    pub(crate) domain_name: Text<'a>,
    pub(crate) extended_request_id: Text<'a>,
    pub(crate) request_id: Text<'a>,
    pub(crate) resource_id: Text<'a>,
    pub(crate) resource_path: Text<'a>,
    pub(crate) route_key: Text<'a>,
    pub(crate) stage: Text<'a>,
    /// Of a REST API: method, path, protocol and time.
    pub(crate) http_method: Text<'a>,
    pub(crate) path: Text<'a>,
    pub(crate) protocol: Text<'a>,
    pub(crate) request_time_epoch: Millis,
    pub(crate) identity: Object<Identity<'a>>,
    /// Of an HTTP API and a function URL.
    pub(crate) http: Object<Http<'a>>,
    pub(crate) time_epoch: Millis,
    pub(crate) authorizer: Object<Authorizer<'a>>,
    /// Of a WebSocket API: `IN`.
    pub(crate) message_direction: Text<'a>,
    /// Of a load balancer.
    pub(crate) elb: Present,
}

/// Who sent a request to a REST or WebSocket API.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Identity<'a> {
    #[serde(borrow)]
    pub(crate) source_ip: Text<'a>,
    pub(crate) user: Text<'a>,
    pub(crate) user_agent: Text<'a>,
}

/// The request line of an HTTP API, and who sent it.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Http<'a> {
    #[serde(borrow)]
    pub(crate) method: Text<'a>,
    pub(crate) path: Text<'a>,
    pub(crate) protocol: Text<'a>,
    pub(crate) source_ip: Text<'a>,
    pub(crate) user_agent: Text<'a>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Authorizer<'a> {
    #[serde(borrow)]
    pub(crate) iam: Object<Iam<'a>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Iam<'a> {
    #[serde(borrow)]
    pub(crate) user_id: Text<'a>,
}

impl<'a> RequestContext<'a> {
    #[cfg(any(test, feature = "request-context"))]
    /// Reads the JSON of a `requestContext`; `None` if it is no object, or has a key twice.
    pub(crate) fn from_json(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice::<Object<Self>>(json).ok()?.0
    }
}

impl<'a> From<Option<Cow<'a, str>>> for Text<'a> {
    fn from(text: Option<Cow<'a, str>>) -> Self {
        Self(text)
    }
}

/// Of a field of another crate's structure.
impl<'a> From<&'a Option<String>> for Text<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self(text.as_deref().map(Cow::Borrowed))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Some(text.into()))
    }
}
