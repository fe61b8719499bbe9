//! Sends the requests of the mix, a number of connections at a time.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use hyper::client::conn::{http1, http2};

use super::connection::{connect_http1, connect_http2, Connection};
use crate::histogram::Histogram;
use crate::mix::{random, Kind};
use crate::pipeline::Pipeline;
use crate::requests::{request, RequestBody, Target};
use crate::servers::Servers;

/// Who sends, and what came of it.
pub(crate) struct Clients {
    pub(crate) seed: u64,
    pub(crate) total: u64,
    pub(crate) axum: SocketAddr,
    pub(crate) actix: Option<SocketAddr>,
    pub(crate) done: AtomicU64,
    pub(crate) stalled: Arc<AtomicBool>,
    pub(crate) latency: [Histogram; 2],
    pub(crate) answered: AtomicU64,
    pub(crate) left: AtomicU64,
    pub(crate) faults: Mutex<Vec<String>>,
}

/// Connections at a time.
pub(crate) const WORKERS: u64 = 20;
/// Streams of an HTTP/2 connection at a time, and how often so many.
pub(crate) const STREAMS: usize = 8;
pub(crate) const BATCHES: usize = 50;

impl Clients {
    pub(crate) fn new(seed: u64, total: u64, servers: &Servers, pipeline: &Pipeline) -> Self {
        Self {
            seed,
            total,
            axum: servers.axum,
            actix: servers.actix(),
            done: AtomicU64::new(0),
            stalled: Arc::clone(&pipeline.stalled),
            latency: [Histogram::new(), Histogram::new()],
            answered: AtomicU64::new(0),
            left: AtomicU64::new(0),
            faults: Mutex::default(),
        }
    }

    fn target(&self, worker: u64) -> Target {
        match worker % 10 {
            0..=4 => Target::AxumHttp1,
            5..=7 => Target::AxumHttp2,
            _ if self.actix.is_some() => Target::Actix,
            _ => Target::AxumHttp1,
        }
    }

    pub(crate) async fn work(&self, worker: u64) {
        let target = self.target(worker);
        let mine = (worker..self.total).step_by(WORKERS as usize);
        let kinds = mine.map(|n| (Kind::from_random(random(self.seed, n)), random(!self.seed, n)));
        match target {
            Target::AxumHttp2 => {
                let mut kinds = kinds.peekable();
                while kinds.peek().is_some() {
                    // A server may end a connection on which much was cut off.
                    let connection = connect_http2(self.axum).await;
                    for _ in 0..BATCHES {
                        let batch = kinds.by_ref().take(STREAMS).map(|(kind, dice)| {
                            let sender = connection.sender.clone();
                            self.over_http2(sender, kind, dice)
                        });
                        join_all(batch).await;
                    }
                }
            }
            _ => {
                let address = self.actix.filter(|_| target == Target::Actix);
                let address = address.unwrap_or(self.axum);
                let mut connection = None;
                for (kind, dice) in kinds {
                    let kind = match kind {
                        Kind::Upgrade if target == Target::Actix => Kind::Full,
                        kind => kind,
                    };
                    connection = self.over_http1(address, target, connection, kind, dice).await;
                }
            }
        }
    }

    async fn over_http1(
        &self,
        address: SocketAddr,
        target: Target,
        connection: Option<Connection<http1::SendRequest<RequestBody>>>,
        kind: Kind,
        dice: u64,
    ) -> Option<Connection<http1::SendRequest<RequestBody>>> {
        if kind == Kind::HalfAHead {
            self.half_a_head(address).await;
            return connection;
        }
        let usable = connection.filter(|connection| !connection.sender.is_closed());
        let mut connection = match usable {
            Some(connection) => connection,
            None => connect_http1(address).await,
        };
        let reusable = match connection.sender.ready().await {
            Ok(()) => {
                let response = connection.sender.send_request(request(kind, target));
                self.exchange(kind, dice, response).await
            }
            Err(error) => {
                self.fault(kind, format!("{error:?}"));
                false
            }
        };
        reusable.then_some(connection)
    }

    async fn over_http2(&self, mut sender: http2::SendRequest<RequestBody>, kind: Kind, dice: u64) {
        match kind {
            Kind::HalfAHead => self.half_a_head(self.axum).await,
            kind => {
                // HTTP/2 knows no upgrades.
                let kind = if kind == Kind::Upgrade { Kind::Full } else { kind };
                match sender.ready().await {
                    Ok(()) => {
                        let response = sender.send_request(request(kind, Target::AxumHttp2));
                        self.exchange(kind, dice, response).await;
                    }
                    Err(error) => self.fault(kind, format!("{error:?}")),
                }
            }
        }
    }
}
