//! Sends one request and checks its response.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::workers::Clients;
use crate::mix::Kind;
use crate::PATIENCE;

/// Whether the connection can be used again, or what was wrong with the response.
type Outcome = Result<bool, String>;

impl Clients {
    /// Awaits the response, or leaves if the kind of request says so. Returns whether the connection can be used again.
    pub(crate) async fn exchange(
        &self,
        kind: Kind,
        leaves_after: Duration,
        response: impl Future<Output = hyper::Result<Response<Incoming>>>,
    ) -> bool {
        let stalled = self.stalled.load(SeqCst);
        let sent = Instant::now();
        let reusable = match kind {
            Kind::LeavesBefore | Kind::LeavesSending => {
                let _ = timeout(leaves_after, response).await;
                self.left.fetch_add(1, SeqCst);
                false
            }
            _ => {
                let received = timeout(PATIENCE, async { self.receive(kind, response.await).await }).await;
                received.unwrap_or_else(|_| Err("no answer in time".to_owned())).unwrap_or_else(|fault| {
                    self.fault(kind, fault);
                    false
                })
            }
        };
        if kind == Kind::Full {
            self.latency[usize::from(stalled)].record(sent.elapsed());
        }
        self.record_done();
        reusable
    }

    async fn receive(&self, kind: Kind, response: hyper::Result<Response<Incoming>>) -> Outcome {
        match kind {
            Kind::Panic => match response {
                Ok(response) => Err(format!("answered {}", response.status())),
                Err(_) => Ok(false),
            },
            Kind::Broken => broken_body(response).await,
            Kind::Upgrade => ping(response.map_err(debug)?).await,
            Kind::LeavesDuring => self.first_frame(response.map_err(debug)?).await,
            _ => self.whole_response(kind, response.map_err(debug)?).await,
        }
    }

    async fn first_frame(&self, response: Response<Incoming>) -> Outcome {
        let first = response.into_body().frame().await;
        self.left.fetch_add(1, SeqCst);
        match first {
            Some(Ok(_)) => Ok(false),
            other => Err(debug(other)),
        }
    }

    async fn whole_response(&self, kind: Kind, response: Response<Incoming>) -> Outcome {
        let status = response.status().as_u16();
        let whole = response.into_body().collect().await.map_err(debug)?.to_bytes();
        let expected = kind.answer().expect("a whole answer");
        if (status, &whole[..]) != (expected.0, expected.1.as_bytes()) {
            return Err(format!("answered {status} {whole:?}"));
        }
        self.answered.fetch_add(1, SeqCst);
        Ok(true)
    }

    /// Leaves within the request head, on a separate connection.
    pub(crate) async fn half_a_head(&self, address: SocketAddr) {
        let mut socket = TcpStream::connect(address).await.expect("connected");
        let _ = socket.write_all(b"GET /full HTTP/1.1\r\nx-dd-proxy: aws-api").await;
        self.left.fetch_add(1, SeqCst);
        self.record_done();
    }

    /// The exporter blocks in every second tenth of the run.
    fn record_done(&self) {
        let done = self.done.fetch_add(1, SeqCst) + 1;
        self.stalled.store(done * 10 / self.total % 2 == 1, SeqCst);
    }

    pub(crate) fn fault(&self, kind: Kind, fault: String) {
        let mut faults = self.faults.lock().expect("not poisoned");
        faults.push(format!("{kind:?}: {fault}"));
    }
}

async fn broken_body(response: hyper::Result<Response<Incoming>>) -> Outcome {
    // The server may close the connection before it has sent the head.
    let Ok(response) = response else {
        return Ok(false);
    };
    match response.into_body().collect().await {
        Ok(_) => Err("a whole body".to_owned()),
        Err(_) => Ok(false),
    }
}

/// Sends four bytes over the upgraded connection and expects an echo.
async fn ping(mut response: Response<Incoming>) -> Outcome {
    let upgraded = hyper::upgrade::on(&mut response).await.map_err(debug)?;
    let (mut socket, mut pong) = (TokioIo::new(upgraded), [0; 4]);
    socket.write_all(b"ping").await.map_err(|error| error.to_string())?;
    socket.read_exact(&mut pong).await.map_err(|error| error.to_string())?;
    Ok(false)
}

fn debug(value: impl std::fmt::Debug) -> String {
    format!("{value:?}")
}
