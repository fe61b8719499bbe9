//! A real server on the loopback interface, axum on hyper, and the time its thread works for a request.
//!
//! | case | layer of the router | request |
//! |---|---|---|
//! | bare | none | `Root` |
//! | sampled | ours | `Root` |
//! | bare, no gateway headers | none | `NoHeaders` |
//! | no gateway headers | ours | `NoHeaders` |
//! | disabled | ours, off: what axum takes for any layer that wraps the body | `NoHeaders` |
//! | TraceLayer + tracing-opentelemetry, span only; OtelAxumLayer; opentelemetry-instrumentation-tower | that one | `Root` |
//!
//! Requests come eight at once, and the next eight when all of those have been answered, so that a server finds as many
//! of them whenever it wakes: over HTTP/1 by a connection each, over HTTP/2 by one for all. Rounds are interleaved, and
//! the median of a round's ratio to the bare server counts. It is that of processor time of the server's thread, so
//! that neither the client nor what else the machine does is in it: what a saturated core serves. Client and servers
//! share one core, so that their turns are always the same.
//!
//! Prints `protocol<TAB>case<TAB>microseconds for a request<TAB>requests per second relative to bare<TAB>those of sampled
//! relative to these`, the last for the same requests only.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread;

use axum::routing::get;
use axum::Router;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use benches::measure::thread_cpu_time::ThreadCpuTime;
use benches::requests::{Body, Kind};
use benches::{others, telemetry, tower};
use http::{Request, Uri};
use http_body_util::BodyExt as _;
use hyper::client::conn;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

const ROUNDS: usize = 61;
const WAVES: usize = 150;
const AT_ONCE: usize = 8;

fn main() {
    // Threads started from here on stay on it too.
    let core = core_affinity::get_core_ids().and_then(|cores| cores.first().copied());
    assert!(core.is_some_and(core_affinity::set_for_current), "a core");

    let provider = telemetry::provider();
    telemetry::install(&provider);
    others::subscribe(&provider);

    let app = || Router::new().route("/orders/{id}", get(|| async { "ok" }));
    let layer = || tower::layer(&provider);
    const SAMPLED: usize = 1;
    let cases = [
        ("bare", Kind::Root, app()),
        ("sampled", Kind::Root, app().layer(layer())),
        ("bare, no gateway headers", Kind::NoHeaders, app()),
        ("no gateway headers", Kind::NoHeaders, app().layer(layer())),
        ("disabled", Kind::NoHeaders, app().layer(tower::off())),
        (others::TRACE_LAYER_SPAN, Kind::Root, app().layer(others::span_only())),
        (others::OTEL_AXUM, Kind::Root, app().layer(OtelAxumLayer::default())),
        (others::OTEL_TOWER, Kind::Root, app().layer(others::otel_tower())),
    ];
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let servers: Vec<_> =
            cases.iter().map(|(name, kind, app)| (*name, *kind, Server::start(protocol, app.clone()))).collect();
        let client = runtime::Builder::new_current_thread().enable_all().build();
        let client = client.expect("a runtime");
        for (_, kind, server) in &servers {
            client.block_on(request(protocol, server.address, *kind));
        }
        let rounds: Vec<Vec<f64>> = (0..ROUNDS)
            .map(|_| {
                let round = servers.iter().map(|(_, kind, server)| {
                    let before = server.statistics.nanoseconds();
                    client.block_on(request(protocol, server.address, *kind));
                    let worked = (server.statistics.nanoseconds() - before) as f64;
                    worked / (WAVES * AT_ONCE) as f64 / 1_000.0
                });
                round.collect()
            })
            .collect();
        for (at, (name, kind, _)) in servers.iter().enumerate() {
            let bare = servers.iter().position(|(name, of, _)| name.starts_with("bare") && of == kind);
            let bare = bare.expect("a bare server for each kind");
            let time = median(rounds.iter().map(|round| round[at]));
            let ratio = |of: usize, to: usize| median(rounds.iter().map(|round| round[to] / round[of]));
            let ours = match kind {
                Kind::Root => format!("{:.3}", ratio(SAMPLED, at)),
                _ => String::new(),
            };
            println!("{protocol:?}\t{name}\t{time:.2}\t{:.3}\t{ours}", ratio(at, bare));
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Http1,
    Http2,
}

/// A thread that serves until the process ends.
struct Server {
    address: SocketAddr,
    statistics: ThreadCpuTime,
}

impl Server {
    fn start(protocol: Protocol, app: Router) -> Self {
        let (sender, started) = mpsc::channel();
        thread::spawn(move || {
            let server = runtime::Builder::new_current_thread().enable_all().build();
            server.expect("a runtime").block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
                let listener = listener.expect("a port");
                let server = Self {
                    address: listener.local_addr().expect("an address"),
                    statistics: ThreadCpuTime::current_thread(),
                };
                sender.send(server).expect("somebody waits");
                loop {
                    let (stream, _) = listener.accept().await.expect("a connection");
                    stream.set_nodelay(true).expect("a socket");
                    tokio::spawn(serve(protocol, stream, app.clone()));
                }
            })
        });
        started.recv().expect("it starts")
    }
}

async fn serve(protocol: Protocol, stream: TcpStream, app: Router) {
    let (stream, service) = (TokioIo::new(stream), TowerToHyperService::new(app));
    // A client that leaves at the end of a round is no error.
    let _ = match protocol {
        Protocol::Http1 => {
            let builder = http1::Builder::new();
            builder.serve_connection(stream, service).await
        }
        Protocol::Http2 => {
            let builder = http2::Builder::new(TokioExecutor::new());
            builder.serve_connection(stream, service).await
        }
    };
}

/// Sends the requests of a round.
async fn request(protocol: Protocol, address: SocketAddr, kind: Kind) {
    let mut senders = Vec::new();
    match protocol {
        Protocol::Http1 => {
            for _ in 0..AT_ONCE {
                senders.push(Sender::Http1(connect_http1(address).await));
            }
        }
        Protocol::Http2 => {
            let sender = connect_http2(address).await;
            senders.extend((0..AT_ONCE).map(|_| Sender::Http2(sender.clone())));
        }
    }
    for _ in 0..WAVES {
        let wave: Vec<_> = senders.drain(..).map(|sender| tokio::spawn(sender.send(kind.request()))).collect();
        for sent in wave {
            senders.push(sent.await.expect("a response"));
        }
    }
}

enum Sender {
    Http1(conn::http1::SendRequest<Body>),
    Http2(conn::http2::SendRequest<Body>),
}

impl Sender {
    async fn send(mut self, mut request: Request<Body>) -> Self {
        let response = match &mut self {
            Self::Http1(sender) => {
                sender.ready().await.expect("a connection");
                sender.send_request(request).await
            }
            Self::Http2(sender) => {
                *request.uri_mut() = Uri::from_static("http://orders.internal.example.com/orders/42");
                sender.ready().await.expect("a connection");
                sender.send_request(request).await
            }
        };
        drain(response.expect("a response")).await;
        self
    }
}

async fn connect_http1(address: SocketAddr) -> conn::http1::SendRequest<Body> {
    let handshake = conn::http1::handshake(connect(address).await).await;
    let (sender, connection) = handshake.expect("a connection");
    tokio::spawn(connection);
    sender
}

async fn connect_http2(address: SocketAddr) -> conn::http2::SendRequest<Body> {
    let handshake = conn::http2::handshake(TokioExecutor::new(), connect(address).await).await;
    let (sender, connection) = handshake.expect("a connection");
    tokio::spawn(connection);
    sender
}

async fn connect(address: SocketAddr) -> TokioIo<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("a server");
    stream.set_nodelay(true).expect("a socket");
    TokioIo::new(stream)
}

async fn drain(response: http::Response<hyper::body::Incoming>) {
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await;
    assert_eq!(body.expect("a body").to_bytes(), "ok");
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
