//! `http`'s headers.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::parent::RequestHeaders;
use crate::request::names::TRACEPARENT;

impl RequestHeaders for HeaderMap {
    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        Some(self.get(name)?.as_bytes())
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let values = self.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok()).collect()
    }

    fn set(&mut self, name: &str, value: Vec<u8>) {
        let name = match name {
            // The one that is written most needs no parsing.
            TRACEPARENT => Ok(HeaderName::from_static(TRACEPARENT)),
            _ => name.parse(),
        };
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            self.insert(name, value);
        }
    }

    fn remove(&mut self, name: &str) {
        HeaderMap::remove(self, name);
    }
}
