//! actix-web's headers.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::parent::RequestHeaders;

impl RequestHeaders for HeaderMap {
    fn pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        Some(self.get(name)?.as_bytes())
    }

    fn values(&self, name: &str) -> Vec<&str> {
        self.get_all(name).filter_map(|value| value.to_str().ok()).collect()
    }

    fn set(&mut self, name: &str, value: Vec<u8>) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            self.insert(name, value);
        }
    }

    fn remove(&mut self, name: &str) {
        HeaderMap::remove(self, name);
    }
}
