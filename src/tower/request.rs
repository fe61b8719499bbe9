//! A request of `http`.

use http::{Extensions, HeaderMap, HeaderName, HeaderValue};

use crate::parent::{RequestHeaders, RequestParts};
use crate::request::names::TRACEPARENT;

/// A request's headers and extensions.
pub(crate) struct Parts<'a> {
    pub(crate) headers: &'a mut HeaderMap,
    pub(crate) extensions: &'a mut Extensions,
}

impl RequestHeaders for Parts<'_> {
    const MAY_ADD: bool = true;

    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        Some(self.headers.get(name)?.as_bytes())
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok()).collect()
    }

    fn set(&mut self, name: &str, value: Vec<u8>) {
        let name = match name {
            // The one that is written most needs no parsing.
            TRACEPARENT => Ok(HeaderName::from_static(TRACEPARENT)),
            _ => name.parse(),
        };
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            self.headers.insert(name, value);
        }
    }

    fn remove(&mut self, name: &str) {
        self.headers.remove(name);
    }

    // All at once: each removal from a map moves others about.
    fn remove_all(&mut self, is_to_go: impl Fn(&str) -> bool) {
        let headers = std::mem::take(self.headers);
        self.headers.reserve(headers.len());
        // The name comes with the first of its values.
        let mut kept = None;
        for (name, value) in headers {
            if let Some(name) = name {
                kept = Some(name).filter(|name| !is_to_go(name.as_str()));
            }
            if let Some(name) = &kept {
                self.headers.append(name, value);
            }
        }
    }
}

impl RequestParts for Parts<'_> {
    fn has_extension<T: Send + Sync + 'static>(&self) -> bool {
        self.extensions.get::<T>().is_some()
    }

    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, value: T) {
        self.extensions.insert(value);
    }
}
