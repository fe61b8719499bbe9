//! The one builder of requests.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::Empty;

use crate::spans::now_ms;

/// A time in milliseconds from the public examples, 2024-10-24.
pub const EXAMPLE_TIME: u64 = 1_729_780_025_473;

/// A request. Header names come in any case and several times, values are any bytes, as from a client.
#[derive(Clone, Debug)]
pub struct RequestBuilder {
    method: Method,
    uri: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl RequestBuilder {
    /// Without any header.
    pub fn plain() -> Self {
        Self { method: Method::GET, uri: "/".to_owned(), headers: Vec::new() }
    }

    /// With the two headers that every gateway of AWS has to send.
    pub fn gateway() -> Self {
        Self::plain().and("x-dd-proxy", "aws-apigateway").and("x-dd-proxy-request-time-ms", EXAMPLE_TIME.to_string())
    }

    /// With the six headers of Datadog's documentation.
    pub fn documented() -> Self {
        Self::gateway()
            .and("x-dd-proxy-domain-name", "api.example.com")
            .and("x-dd-proxy-httpmethod", "GET")
            .and("x-dd-proxy-path", "/users")
            .and("x-dd-proxy-stage", "prod")
    }

    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    pub fn uri(self, uri: &str) -> Self {
        Self { uri: uri.to_owned(), ..self }
    }

    /// Received by the gateway this long ago.
    pub fn aged(self, age: Duration) -> Self {
        self.at(now_ms() - age.as_millis() as u64)
    }

    /// Received by the gateway at this time, in milliseconds since 1970.
    pub fn at(self, time: u64) -> Self {
        self.set("x-dd-proxy-request-time-ms", time.to_string())
    }

    /// Adds a header to those of the same name.
    pub fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Adds a header in place of those of the same name.
    pub fn set(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    /// Sets each of these headers; an empty value leaves it out.
    pub fn set_all(self, headers: &[(&str, &str)]) -> Self {
        headers.iter().fold(self, |request, (name, value)| match *value {
            "" => request.without(name),
            value => request.set(name, value),
        })
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// The headers in the order in which they were added.
    pub fn headers(&self) -> &[(String, Vec<u8>)] {
        &self.headers
    }

    pub fn header_map(&self) -> HeaderMap {
        let pair = |(name, value): &(String, Vec<u8>)| {
            let name = name.parse::<HeaderName>().expect("a header's name");
            (name, HeaderValue::from_bytes(value).expect("a header's value"))
        };
        self.headers.iter().map(pair).collect()
    }

    pub fn body<B>(&self, body: B) -> Request<B> {
        let request = Request::builder().method(&self.method).uri(&self.uri);
        let mut request = request.body(body).expect("a method and a URI");
        *request.headers_mut() = self.header_map();
        request
    }

    /// For a client over HTTP/1, which doesn't add `host` by itself.
    pub fn over_http1(&self) -> Request<Empty<Bytes>> {
        self.clone().set("host", "localhost").body(Empty::new())
    }

    #[cfg(feature = "actix-web")]
    pub fn actix(&self) -> actix_web::test::TestRequest {
        let request = actix_web::test::TestRequest::default().uri(&self.uri);
        let method = actix_web::http::Method::from_bytes(self.method.as_str().as_bytes());
        let request = request.method(method.expect("a method"));
        let add = |request: actix_web::test::TestRequest, (name, value): &(String, Vec<u8>)| {
            request.append_header((name.as_str(), value.as_slice()))
        };
        self.headers.iter().fold(request, add)
    }
}
