//! HTTP/1 and HTTP/2 connections.

use std::net::SocketAddr;

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::requests::RequestBody;

/// What sends over an HTTP/2 connection.
pub(crate) type Http2 = http2::SendRequest<RequestBody>;
/// An HTTP/1 connection.
pub(crate) type Http1 = Connection<http1::SendRequest<RequestBody>>;

/// A connection, closed when it is dropped.
pub(crate) struct Connection<S> {
    pub(crate) sender: S,
    pub(crate) driver: JoinHandle<()>,
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

pub(crate) async fn connect(address: SocketAddr) -> TokioIo<TcpStream> {
    let socket = TcpStream::connect(address).await.expect("connected");
    socket.set_nodelay(true).expect("a socket's option");
    TokioIo::new(socket)
}

pub(crate) async fn connect_http1(address: SocketAddr) -> Http1 {
    let handshake = http1::handshake(connect(address).await).await;
    let (sender, connection) = handshake.expect("a handshake");
    let driver = tokio::spawn(async move {
        let _ = connection.with_upgrades().await;
    });
    Connection { sender, driver }
}

pub(crate) async fn connect_http2(address: SocketAddr) -> Connection<Http2> {
    let io = connect(address).await;
    let handshake = http2::handshake(TokioExecutor::new(), io).await;
    let (sender, connection) = handshake.expect("a handshake");
    let driver = tokio::spawn(async move {
        let _ = connection.await;
    });
    Connection { sender, driver }
}
