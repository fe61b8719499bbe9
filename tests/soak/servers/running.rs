//! Starts the servers and stops them, once every request has ended.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::Arc;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::serve::ListenerExt as _;
use support::servers::Server;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{actix_app, axum_app, Arrivals};
use crate::ledger::Ledger;
use crate::runtime::{eventually, runtime};
use crate::PATIENCE;

pub(crate) struct Servers {
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) axum: SocketAddr,
    runtime: Runtime,
    serving: JoinHandle<std::io::Result<()>>,
    stop: oneshot::Sender<()>,
    /// `None` without the feature `actix-web`.
    actix: Option<Server>,
}

impl Servers {
    pub(crate) fn start(layer: &ApiGatewayInferredSpan) -> Self {
        let arrivals = Arc::new(Arrivals::default());
        let runtime = runtime("server");
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let axum = listener.local_addr().expect("bound");
        let app = axum_app::app(layer, &arrivals);
        let listener = listener.tap_io(|socket| {
            let _ = socket.set_nodelay(true);
        });
        let serving = runtime.spawn(async move {
            axum::serve(listener, app)
                .with_graceful_shutdown(async {
                    let _ = stopped.await;
                })
                .await
        });
        let actix = actix_app::start(layer.clone(), Arc::clone(&arrivals));
        Self { arrivals, axum, runtime, serving, stop, actix }
    }

    pub(crate) fn actix(&self) -> Option<SocketAddr> {
        self.actix.as_ref().map(|server| server.address)
    }

    /// Stops the servers. All clients must be gone: what they left behind has to end by itself.
    pub(crate) fn stop(self, ledger: &Ledger) -> Arc<Arrivals> {
        let Self { arrivals, runtime, serving, stop, actix, .. } = self;
        eventually("no request is in flight", || arrivals.in_flight.load(SeqCst) == 0);
        let _ = stop.send(());
        runtime
            .block_on(async { timeout(PATIENCE, serving).await })
            .expect("no connection is left")
            .expect("no panic")
            .expect("served");
        eventually("no server's task is left", || runtime.metrics().num_alive_tasks() == 0);
        if let Some(server) = actix {
            eventually("no span is left in actix-web", || ledger.ended.load(SeqCst) == ledger.started.load(SeqCst));
            drop(server);
        }
        arrivals
    }
}
