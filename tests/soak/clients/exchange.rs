//! One request and what comes of it.

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

impl Clients {
    /// Awaits the response or leaves; says whether the connection can be used again.
    pub(crate) async fn exchange(
        &self,
        kind: Kind,
        dice: u64,
        response: impl std::future::Future<Output = hyper::Result<Response<Incoming>>>,
    ) -> bool {
        let stalled = self.stalled.load(SeqCst);
        let sent = Instant::now();
        let reusable = match kind {
            Kind::LeavesBefore | Kind::LeavesSending => {
                let moment = Duration::from_micros(dice % 2_000);
                let _ = timeout(moment, response).await;
                self.left.fetch_add(1, SeqCst);
                false
            }
            _ => match timeout(PATIENCE, self.receive(kind, response)).await {
                Ok(Ok(reusable)) => reusable,
                Ok(Err(fault)) => {
                    self.fault(kind, fault);
                    false
                }
                Err(_) => {
                    self.fault(kind, "no answer in time".to_owned());
                    false
                }
            },
        };
        if kind == Kind::Full {
            self.latency[usize::from(stalled)].record(sent.elapsed());
        }
        self.record_done();
        reusable
    }

    async fn receive(
        &self,
        kind: Kind,
        response: impl std::future::Future<Output = hyper::Result<Response<Incoming>>>,
    ) -> Result<bool, String> {
        let response = response.await;
        if kind == Kind::Panic {
            return match response {
                Ok(response) => Err(format!("answered {}", response.status())),
                Err(_) => Ok(false),
            };
        }
        if kind == Kind::Broken {
            // The server may close before the head is out.
            let Ok(response) = response else {
                return Ok(false);
            };
            return match response.into_body().collect().await {
                Ok(_) => Err("a whole body".to_owned()),
                Err(_) => Ok(false),
            };
        }
        let mut response = response.map_err(|error| format!("{error:?}"))?;
        if kind == Kind::Upgrade {
            let upgraded = hyper::upgrade::on(&mut response).await;
            let upgraded = upgraded.map_err(|error| format!("{error:?}"))?;
            let (mut socket, mut pong) = (TokioIo::new(upgraded), [0; 4]);
            socket.write_all(b"ping").await.map_err(|error| error.to_string())?;
            socket.read_exact(&mut pong).await.map_err(|error| error.to_string())?;
            return Ok(false);
        }
        let status = response.status().as_u16();
        let mut body = response.into_body();
        if kind == Kind::LeavesDuring {
            let first = body.frame().await;
            self.left.fetch_add(1, SeqCst);
            return match first {
                Some(Ok(_)) => Ok(false),
                other => Err(format!("{other:?}")),
            };
        }
        let whole = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
        let expected = kind.answer().expect("a whole answer");
        if (status, &whole[..]) != (expected.0, expected.1.as_bytes()) {
            return Err(format!("answered {status} {whole:?}"));
        }
        self.answered.fetch_add(1, SeqCst);
        Ok(true)
    }

    pub(crate) async fn half_a_head(&self, address: SocketAddr) {
        let mut socket = TcpStream::connect(address).await.expect("connected");
        let _ = socket.write_all(b"GET /full HTTP/1.1\r\nx-dd-proxy: aws-api").await;
        self.left.fetch_add(1, SeqCst);
        self.record_done();
    }

    /// Every other tenth of the run is with an exporter that stalls.
    fn record_done(&self) {
        let done = self.done.fetch_add(1, SeqCst) + 1;
        self.stalled.store(done * 10 / self.total % 2 == 1, SeqCst);
    }

    pub(crate) fn fault(&self, kind: Kind, fault: String) {
        let mut faults = self.faults.lock().expect("not poisoned");
        faults.push(format!("{kind:?}: {fault}"));
    }
}
