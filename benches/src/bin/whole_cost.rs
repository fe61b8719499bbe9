//! What a user pays in all: a server on the loopback interface that exports its spans for real.
//!
//! | contender | pipeline | request |
//! |---|---|---|
//! | bare axum | none | `Root` |
//! | this layer | `otlp::init` | `Root` |
//! | OtelAxumLayer | tracing-opentelemetry, opentelemetry-otlp with its default client | `Root` |
//! | opentelemetry-instrumentation-tower | opentelemetry-otlp with its default client | `Root` |
//! | this layer + OtelAxumLayer | `otlp::init`: two spans a request | `Root` |
//! | bare axum without gateway headers | none | `NoHeaders` |
//! | this layer without gateway headers | `otlp::init`: no span | `NoHeaders` |
//!
//! All export by OTLP over HTTP and sample everything. Pipelines are process-wide, so each contender is a child process:
//! this binary, with the contender's name as its argument. The parent is the client, and the receiver of the spans.
//! It drives the contenders in interleaved rounds, and reads the processor time of all threads of a child, and of the one
//! that serves requests, from before the first request of a round until after its last span has arrived. Two things are
//! not as in production: all processes share one core, so that their turns are always the same, and the batch processor
//! waits 100 ms rather than 5 s for a batch to fill up, so that a round ends soon.
//!
//! Prints rows of `results.csv`; ratios are medians of the ratios within a round.

use std::convert::Infallible;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{mpsc, Arc};
use std::thread;
use std::time::{Duration, Instant};

use apigateway_inferred_span::{otlp, ApiGatewayInferredSpan};
use axum::{routing::get, Router};
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use benches::measure::process::suite_argument;
use benches::measure::report::{median, row};
use benches::requests::{Body, Kind};
use benches::{others, telemetry};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{handshake, SendRequest};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};

/// Where the system puts a process in memory changes its times by some percent, for as long as it runs: so each
/// contender is started anew several times.
const GENERATIONS: usize = 8;
const ROUNDS: usize = 15;
const WARM_UP: usize = 3;
const WAVES: usize = 192;
const AT_ONCE: usize = 8;
/// Fewer than fit into the batch processor's queue (2,048), so that no span is dropped however late the exporter is.
const REQUESTS: usize = WAVES * AT_ONCE;

struct Contender {
    name: &'static str,
    kind: Kind,
    spans_per_request: usize,
    app: fn() -> Router,
}

const CONTENDERS: [Contender; 7] = [
    Contender { name: "bare axum", kind: Kind::Root, spans_per_request: 0, app: bare },
    Contender { name: "this layer", kind: Kind::Root, spans_per_request: 1, app: this_layer },
    Contender { name: others::OTEL_AXUM, kind: Kind::Root, spans_per_request: 1, app: otel_axum },
    Contender { name: others::OTEL_TOWER, kind: Kind::Root, spans_per_request: 1, app: otel_tower },
    Contender { name: "this layer + OtelAxumLayer", kind: Kind::Root, spans_per_request: 2, app: both },
    Contender { name: "bare axum without gateway headers", kind: Kind::NoHeaders, spans_per_request: 0, app: bare },
    Contender {
        name: "this layer without gateway headers",
        kind: Kind::NoHeaders,
        spans_per_request: 0,
        app: this_layer,
    },
];
const OTEL_AXUM: usize = 2;

fn bare() -> Router {
    Router::new().route("/orders/{id}", get(|| async { "ok" }))
}

fn this_layer() -> Router {
    std::mem::forget(otlp::init().expect("a pipeline"));
    bare().layer(ApiGatewayInferredSpan::new().enabled(true))
}

fn otel_axum() -> Router {
    others::subscribe(&plain_pipeline());
    bare().layer(OtelAxumLayer::default())
}

fn otel_tower() -> Router {
    plain_pipeline();
    bare().layer(others::otel_tower())
}

fn both() -> Router {
    std::mem::forget(otlp::init().expect("a pipeline"));
    bare().layer(OtelAxumLayer::default()).layer(ApiGatewayInferredSpan::new().enabled(true))
}

fn plain_pipeline() -> SdkTracerProvider {
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build().expect("an exporter");
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    telemetry::install(&provider);
    provider
}

fn main() {
    let name = suite_argument();
    match CONTENDERS.iter().find(|contender| contender.name == name) {
        Some(contender) => serve((contender.app)()),
        None => measure(),
    }
}

fn serve(app: Router) {
    block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        println!("{}{}", LISTENING, listener.local_addr().expect("an address"));
        accept(listener, TowerToHyperService::new(app)).await;
    });
}

const LISTENING: &str = "listening on ";

fn measure() {
    // Threads and processes that are started from here on stay on this core.
    let core = core_affinity::get_core_ids().and_then(|cores| cores.first().copied());
    assert!(core.is_some_and(core_affinity::set_for_current), "a core");

    let client = runtime();
    let mut rounds = Vec::new();
    let mut servers = Vec::new();
    for _ in 0..GENERATIONS {
        servers.clear();
        servers = CONTENDERS.iter().map(|contender| Server::start(contender, &client)).collect::<Vec<_>>();
        rounds.extend(generation(&client, &mut servers));
    }

    for (at, contender) in CONTENDERS.iter().enumerate() {
        let bare = CONTENDERS.iter().position(|bare| bare.kind == contender.kind).expect("a bare server");
        let median_of = |number: &dyn Fn(&[Time; CONTENDERS.len()]) -> f64| median(rounds.iter().map(number));
        let print = |measure: &str, value: f64| row("whole cost", contender.name, measure, format!("{value:.2}"));
        for (name, read) in PARTS {
            if at == bare {
                print(name, median_of(&|round| read(round[at])));
                continue;
            }
            let over_bare = |round: &[Time; CONTENDERS.len()], at: usize| read(round[at]) - read(round[bare]);
            print(&format!("{name} over bare"), median_of(&|round| over_bare(round, at)));
            if contender.kind == Kind::Root {
                let ratio = |round: &_| over_bare(round, at) / over_bare(round, OTEL_AXUM);
                print(&format!("{name} x OtelAxumLayer"), median_of(&ratio));
            }
        }
        let server = &servers[at];
        print("MB resident", server.resident_megabytes());
        if contender.spans_per_request > 0 {
            let spans = server.sink.spans.load(Relaxed);
            print("bytes a span", server.sink.bytes.load(Relaxed) as f64 / spans as f64);
        }
    }
}

/// Drives all of them in rounds, which begin with another one each time.
fn generation(client: &Runtime, servers: &mut [Server]) -> Vec<[Time; CONTENDERS.len()]> {
    let mut rounds = Vec::new();
    for number in 0..WARM_UP + ROUNDS {
        let mut round = [Time::default(); CONTENDERS.len()];
        for offset in 0..round.len() {
            let at = (number + offset) % round.len();
            round[at] = servers[at].round(client);
        }
        rounds.push(round);
    }
    for (contender, server) in CONTENDERS.iter().zip(servers) {
        let expected = rounds.len() * REQUESTS * contender.spans_per_request;
        assert_eq!(server.sink.spans.load(Relaxed), expected, "{}", contender.name);
    }
    rounds.drain(..WARM_UP);
    rounds
}

/// Microseconds of processor time for one request.
#[derive(Clone, Copy, Default)]
struct Time {
    all_threads: f64,
    request_thread: f64,
}

type Part = fn(Time) -> f64;

const PARTS: [(&str, Part); 2] =
    [("CPU us", |time| time.all_threads), ("CPU us of the request's thread", |time| time.request_thread)];

struct Server {
    contender: &'static Contender,
    process: Child,
    sink: Arc<Sink>,
    connections: Vec<SendRequest<Body>>,
}

impl Server {
    fn start(contender: &'static Contender, client: &Runtime) -> Self {
        let (sink, endpoint) = Sink::start();
        let mut process = Command::new(std::env::current_exe().expect("a path"))
            .arg(contender.name)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{endpoint}"))
            .env("OTEL_SERVICE_NAME", "orders")
            .env("OTEL_TRACES_SAMPLER", "always_on")
            .env("OTEL_BSP_SCHEDULE_DELAY", "100")
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix(LISTENING)?.parse().ok()).expect("an address");
        let connections = client.block_on(async {
            let mut connections = Vec::new();
            for _ in 0..AT_ONCE {
                connections.push(connect(address).await);
            }
            connections
        });
        Self { contender, process, sink, connections }
    }

    fn round(&mut self, client: &Runtime) -> Time {
        let (before, expected) = (self.cpu_time(), self.sink.spans.load(Relaxed) + self.spans_per_round());
        client.block_on(self.send());
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.sink.spans.load(Relaxed) < expected {
            assert!(Instant::now() < deadline, "{}: spans are missing", self.contender.name);
            thread::sleep(Duration::from_millis(1));
        }
        // The exporter still has to read the answer.
        thread::sleep(Duration::from_millis(10));
        let after = self.cpu_time();
        let per_request = |nanoseconds: u64| nanoseconds as f64 / REQUESTS as f64 / 1_000.0;
        Time { all_threads: per_request(after.0 - before.0), request_thread: per_request(after.1 - before.1) }
    }

    fn spans_per_round(&self) -> usize {
        REQUESTS * self.contender.spans_per_request
    }

    async fn send(&mut self) {
        for _ in 0..WAVES {
            let mut responses = Vec::with_capacity(AT_ONCE);
            for connection in &mut self.connections {
                connection.ready().await.expect("a connection");
                responses.push(connection.send_request(self.contender.kind.request()));
            }
            for response in responses {
                let response = response.await.expect("a response");
                assert_eq!(response.status(), 200);
                response.into_body().collect().await.expect("a body");
            }
        }
    }

    /// Nanoseconds so far: of all threads, and of the main one, which serves requests.
    fn cpu_time(&self) -> (u64, u64) {
        let tasks = format!("/proc/{}/task", self.process.id());
        let of = |task: &Path| -> u64 {
            let text = fs::read_to_string(task.join("schedstat")).expect("statistics of a thread");
            text.split(' ').next().and_then(|first| first.parse().ok()).expect("nanoseconds")
        };
        let threads = fs::read_dir(&tasks).expect("a running process");
        let all = threads.map(|thread| of(&thread.expect("a thread").path())).sum();
        (all, of(&Path::new(&tasks).join(self.process.id().to_string())))
    }

    fn resident_megabytes(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("a running process");
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        kilobytes.and_then(|number| number.parse::<f64>().ok()).expect("a number") / 1_000.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A receiver of OTLP over HTTP that only counts.
#[derive(Default)]
struct Sink {
    spans: AtomicUsize,
    bytes: AtomicUsize,
}

impl Sink {
    fn start() -> (Arc<Self>, SocketAddr) {
        let sink = Arc::<Self>::default();
        let receiver = Arc::clone(&sink);
        let (sender, address) = mpsc::channel();
        thread::spawn(move || {
            block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
                sender.send(listener.local_addr().expect("an address")).expect("the main thread waits");
                let service = service_fn(move |request: Request<Incoming>| {
                    let sink = Arc::clone(&receiver);
                    async move {
                        let body = request.into_body().collect().await.expect("a body").to_bytes();
                        let message = ExportTraceServiceRequest::decode(body.clone()).expect("spans");
                        let scopes = message.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
                        sink.bytes.fetch_add(body.len(), Relaxed);
                        sink.spans.fetch_add(scopes.map(|scope| scope.spans.len()).sum(), Relaxed);
                        Ok::<_, Infallible>(Response::new(Body::default()))
                    }
                });
                accept(listener, service).await;
            });
        });
        (sink, address.recv().expect("an address"))
    }
}

/// Serves each connection until the process ends.
async fn accept<S>(listener: TcpListener, service: S)
where
    S: hyper::service::HttpService<Incoming> + Clone + 'static,
    S::Future: 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::ResBody: 'static,
    <S::ResBody as hyper::body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
        tokio::task::spawn_local(async {
            // A peer that leaves is no error.
            let _ = connection.await;
        });
    }
}

async fn connect(address: SocketAddr) -> SendRequest<Body> {
    let stream = TcpStream::connect(address).await.expect("a server");
    stream.set_nodelay(true).expect("a socket");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);
    sender
}

fn runtime() -> Runtime {
    runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn block_on(future: impl std::future::Future<Output = ()>) {
    tokio::task::LocalSet::new().block_on(&runtime(), future);
}
