//! Workers that send their shares of the mix, each over a connection at a time.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;

use super::connection::{connect_http1, connect_http2, Http1, Http2};
use crate::histogram::Histogram;
use crate::mix::{random, Kind};
use crate::pipeline::Pipeline;
use crate::requests::{request, Target};
use crate::servers::Servers;

/// Number of workers, and so of connections at a time.
pub(crate) const WORKERS: u64 = 20;
/// Number of concurrent streams of an HTTP/2 connection.
const STREAMS: usize = 8;
/// Number of times that an HTTP/2 connection sends that many streams before it is replaced.
const BATCHES: usize = 50;

/// What the clients send, where, and what came of it.
pub(crate) struct Clients {
    pub(crate) seed: u64,
    pub(crate) total: u64,
    axum: SocketAddr,
    /// `None` without the feature `actix-web`.
    actix: Option<SocketAddr>,
    /// Number of requests that are over, however they ended.
    pub(crate) done: AtomicU64,
    /// Set while the exporter is to block.
    pub(crate) stalled: Arc<AtomicBool>,
    /// Latencies of `Kind::Full` with an exporter that works, and with one that blocks.
    pub(crate) latency: [Histogram; 2],
    /// Number of whole responses.
    pub(crate) answered: AtomicU64,
    /// Number of clients that left early.
    pub(crate) left: AtomicU64,
    pub(crate) faults: Mutex<Vec<String>>,
}

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

    /// Half of the requests go over HTTP/1 and three in ten over HTTP/2 to axum, the others to actix-web.
    fn target(&self, worker: u64) -> Target {
        match worker % 10 {
            0..=4 => Target::AxumHttp1,
            5..=7 => Target::AxumHttp2,
            _ if self.actix.is_some() => Target::Actix,
            _ => Target::AxumHttp1,
        }
    }

    /// Sends the share of one worker.
    pub(crate) async fn work(&self, worker: u64) {
        let numbers = (worker..self.total).step_by(WORKERS as usize);
        let requests = numbers.map(|n| {
            let leaves_after = Duration::from_micros(random(!self.seed, n) % 2_000);
            (Kind::from_random(random(self.seed, n)), leaves_after)
        });
        match self.target(worker) {
            Target::AxumHttp2 => self.work_over_http2(requests).await,
            target => self.work_over_http1(target, requests).await,
        }
    }

    async fn work_over_http1(&self, target: Target, requests: impl Iterator<Item = (Kind, Duration)>) {
        let address = self.actix.filter(|_| target == Target::Actix);
        let address = address.unwrap_or(self.axum);
        let mut connection = None;
        for (kind, leaves_after) in requests {
            let kind = match kind {
                Kind::Upgrade if target == Target::Actix => Kind::Full,
                kind => kind,
            };
            connection = self.over_http1(address, target, connection, kind, leaves_after).await;
        }
    }

    async fn work_over_http2(&self, requests: impl Iterator<Item = (Kind, Duration)>) {
        let mut requests = requests.peekable();
        while requests.peek().is_some() {
            // A server may close a connection on which many streams were reset.
            let connection = connect_http2(self.axum).await;
            for _ in 0..BATCHES {
                let batch = requests.by_ref().take(STREAMS).map(|(kind, leaves_after)| {
                    let sender = connection.sender.clone();
                    self.over_http2(sender, kind, leaves_after)
                });
                join_all(batch).await;
            }
        }
    }

    /// Sends a request over the connection or, if it is closed, a new one. Gives the connection back if it can be
    /// used again.
    async fn over_http1(
        &self,
        address: SocketAddr,
        target: Target,
        connection: Option<Http1>,
        kind: Kind,
        leaves_after: Duration,
    ) -> Option<Http1> {
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
                self.exchange(kind, leaves_after, response).await
            }
            Err(error) => {
                self.fault(kind, format!("{error:?}"));
                false
            }
        };
        reusable.then_some(connection)
    }

    async fn over_http2(&self, mut sender: Http2, kind: Kind, leaves_after: Duration) {
        let kind = match kind {
            Kind::HalfAHead => return self.half_a_head(self.axum).await,
            // HTTP/2 has no `Upgrade` header.
            Kind::Upgrade => Kind::Full,
            kind => kind,
        };
        match sender.ready().await {
            Ok(()) => {
                let response = sender.send_request(request(kind, Target::AxumHttp2));
                self.exchange(kind, leaves_after, response).await;
            }
            Err(error) => self.fault(kind, format!("{error:?}")),
        }
    }
}
