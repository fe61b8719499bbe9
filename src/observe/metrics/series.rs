//! Which series a request belongs to.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::{KeyValue, StringValue};

use super::attribute;
use crate::hints;
use crate::request::{ProxyRequest, OTHER_METHOD};

/// The largest number of combinations of domain, API, stage and route. An SDK has room for 2,000 series of an
/// instrument by default, and puts all further ones into one, whoever they belong to.
const MOST: usize = 1_000;
/// The longest value in bytes, as in CloudWatch: all of them are exported again and again.
const LONGEST: usize = 255;
/// In place of each of these if there are more, or one is longer.
const OTHER: &str = "_other";

pub(super) const ROUTE: &str = "http.route";

/// The combinations that were seen, up to a limit: a client that can send the gateway's headers could make up any number
/// of them, and series never go away.
#[derive(Debug, Default)]
pub(super) struct Series {
    known: RwLock<HashMap<Box<str>, Combination>>,
}

/// The values of a combination, shared by all its requests.
#[derive(Clone, Debug)]
struct Combination {
    domain: Option<StringValue>,
    api_id: Option<StringValue>,
    stage: Option<StringValue>,
    route: Option<StringValue>,
}

impl Series {
    /// The attributes that are known when a request begins, and its route.
    pub(super) fn of(&self, request: &ProxyRequest<'_>) -> (Vec<KeyValue>, Option<StringValue>) {
        let Combination { domain, api_id, stage, route } = self.combination(request);
        // Room for route, status and error as well.
        let mut attributes = Vec::with_capacity(8);
        if let Some(method) = request.typed_method() {
            attributes.push(attribute("http.request.method", method.known_or(OTHER_METHOD)));
        }
        attributes.push(attribute("component", request.proxy().as_str()));
        for (name, value) in [("server.address", domain), ("apiid", api_id), ("stage", stage)] {
            attributes.extend(value.map(|value| attribute(name, value)));
        }
        (attributes, route)
    }

    fn combination(&self, request: &ProxyRequest<'_>) -> Combination {
        let values = [request.domain(), request.api_id(), request.stage(), request.route()];
        if values.iter().flatten().any(|value| value.len() > LONGEST) {
            return Combination::other();
        }
        // No value has control characters, so that one can part them; an absent one is empty, which no value is.
        let key = values.map(Option::unwrap_or_default).join("\n");
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(key.as_str()) {
            return known.clone();
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(key.as_str()) {
            drop(known);
            hints::too_many_series();
            return Combination::other();
        }
        known.entry(key.into()).or_insert_with(|| Combination::new(values)).clone()
    }
}

impl Combination {
    fn new(values: [Option<&str>; 4]) -> Self {
        let [domain, api_id, stage, route] = values.map(|value| value.map(shared));
        Self { domain, api_id, stage, route }
    }

    /// All of them, whether the request has them or not: one series.
    fn other() -> Self {
        let other = || Some(StringValue::from(OTHER));
        Self { domain: other(), api_id: other(), stage: other(), route: other() }
    }
}

/// A text whose clones share it.
fn shared(text: &str) -> StringValue {
    StringValue::from(Arc::<str>::from(text))
}
