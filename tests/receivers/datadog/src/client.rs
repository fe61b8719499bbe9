//! An HTTP/1 client on loopback.

use bytes::Bytes;
use http::{HeaderName, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{handshake, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A connection. The server takes a request from it only when it is done with the one before.
pub struct Connection {
    address: String,
    sender: SendRequest<Empty<Bytes>>,
}

impl Connection {
    pub async fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).await;
        let stream = stream.unwrap_or_else(|e| panic!("no connection to {address}: {e}"));
        let (sender, driver) = handshake(TokioIo::new(stream)).await.expect("a handshake");
        tokio::spawn(driver);
        Self { address: address.to_owned(), sender }
    }

    /// The status and the whole body of the response.
    pub async fn get<'a>(
        &mut self,
        path: &str,
        headers: impl IntoIterator<Item = (&'a str, String)>,
    ) -> (StatusCode, Bytes) {
        let mut request = Request::get(path).header("host", &self.address);
        for (name, value) in headers {
            let name = HeaderName::try_from(name).expect("a header's name");
            request = request.header(name, value);
        }
        let request = request.body(Empty::new()).expect("a request");
        self.sender.ready().await.expect("an open connection");
        let response = self.sender.send_request(request).await.expect("a response");
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body");
        (head.status, body.to_bytes())
    }
}
