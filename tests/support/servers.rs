//! Applications on loopback ports, and a client for them.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

/// A server; stopped when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    stop: Option<Box<dyn FnOnce()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

/// Serves `router` on this thread.
pub async fn axum(router: axum::Router) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let task = tokio::spawn(async move {
        axum::serve(listener, router).await.expect("served");
    });
    Server { address, stop: Some(Box::new(move || task.abort())) }
}

/// Serves an actix-web application on a thread of its own; `start` gives its first address.
#[cfg(feature = "actix-web")]
pub fn actix(start: impl FnOnce() -> std::io::Result<(SocketAddr, actix_web::dev::Server)> + Send + 'static) -> Server {
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let (address, server) = start().expect("started");
            sender.send((address, server.handle())).expect("awaited");
            server.await.expect("served");
        });
    });
    let (address, handle) = receiver.recv().expect("started");
    Server {
        address,
        stop: Some(Box::new(move || {
            drop(handle.stop(false));
            let _ = thread.join();
        })),
    }
}

/// `actix_web::HttpServer` with one worker and an application made by the factory.
#[cfg(feature = "actix-web")]
#[macro_export]
macro_rules! actix_server {
    ($factory:expr) => {
        $crate::servers::actix(move || {
            let server = actix_web::HttpServer::new($factory).workers(1).disable_signals().bind("127.0.0.1:0")?;
            let address = server.addrs()[0];
            Ok((address, server.run()))
        })
    };
}

/// Sends a request on a connection of its own, and reads the whole response.
pub async fn exchange(address: SocketAddr, request: Request<Empty<Bytes>>) -> hyper::Result<Response<Bytes>> {
    let io = TokioIo::new(TcpStream::connect(address).await.expect("connected"));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    driver.abort();
    Ok(Response::from_parts(head, body))
}
