//! Connections of both versions of HTTP.

use std::net::SocketAddr;

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::requests::RequestBody;

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

pub(crate) async fn connect_http1(address: SocketAddr) -> Connection<http1::SendRequest<RequestBody>> {
    let handshake = http1::handshake(connect(address).await).await;
    let (sender, connection) = handshake.expect("a handshake");
    let driver = tokio::spawn(async move {
        let _ = connection.with_upgrades().await;
    });
    Connection { sender, driver }
}

pub(crate) async fn connect_http2(address: SocketAddr) -> Connection<http2::SendRequest<RequestBody>> {
    let io = connect(address).await;
    let handshake = http2::handshake(TokioExecutor::new(), io).await;
    let (sender, connection) = handshake.expect("a handshake");
    let driver = tokio::spawn(async move {
        let _ = connection.await;
    });
    Connection { sender, driver }
}
