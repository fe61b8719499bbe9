//! An event as AWS Lambda hands it to the function: its `requestContext`, and the headers of the client's request.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::Deserialize;

use super::{Object, Present, RequestContext, Text};

/// What is needed of an event. The rest is skipped, whatever it is: a body may have 6 MB.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Event<'a> {
    #[serde(borrow)]
    request_context: Object<RequestContext<'a>>,
    headers: Object<EventHeaders<'a>>,
    multi_value_headers: Object<EventHeaders<'a>>,
    /// Of requests to authorizers, which have a `requestContext` too.
    method_arn: Present,
    route_arn: Present,
}

impl<'a> Event<'a> {
    /// The context and the headers, if the event is a client's request through a gateway.
    ///
    /// A header that came several times has its last value in `headers`, which takes the place of all, as it does for
    /// `lambda_http`.
    pub(crate) fn from_json(json: &'a [u8]) -> Option<(RequestContext<'a>, EventHeaders<'a>)> {
        let event = serde_json::from_slice::<Object<Self>>(json).ok()?.0?;
        let context = event.request_context.0.filter(|context| context.proxy().is_some())?;
        if event.method_arn.0 || event.route_arn.0 {
            return None;
        }
        let several = event.multi_value_headers.0.unwrap_or_default();
        Some((context, several.replaced_by(event.headers.0.unwrap_or_default())))
    }
}

/// The client's headers, with their names in lower case. REST APIs leave them as the client has written them.
#[derive(Default)]
pub(crate) struct EventHeaders<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl EventHeaders<'_> {
    fn replaced_by(mut self, others: Self) -> Self {
        if !self.0.is_empty() {
            let names: HashSet<&str> = others.iter().map(|(name, _)| name).collect();
            self.0.retain(|(name, _)| !names.contains(&**name));
        }
        self.0.extend(others.0);
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for EventHeaders<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = EventHeaders<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut headers = EventHeaders::default();
        while let Some(name) = map.next_key::<Text<'de>>()? {
            let Some(name) = name.0 else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let name = match name.bytes().any(|b| b.is_ascii_uppercase()) {
                true => name.to_ascii_lowercase().into(),
                false => name,
            };
            map.next_value_seed(Values { name, headers: &mut headers })?;
        }
        Ok(headers)
    }
}

/// The value of a header, or its list of values.
struct Values<'h, 'de> {
    name: Cow<'de, str>,
    headers: &'h mut EventHeaders<'de>,
}

impl<'de> DeserializeSeed<'de> for Values<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header's value or values")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        self.headers.0.push((self.name, value.into()));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.headers.0.push((self.name, value.to_owned().into()));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        let values = Vec::<Text<'de>>::deserialize(SeqAccessDeserializer::new(list))?;
        let values = values.into_iter().filter_map(|value| Some((self.name.clone(), value.0?)));
        self.headers.0.extend(values);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        super::json::skip(map)
    }
}
