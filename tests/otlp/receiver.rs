//! Receivers of OTLP on loopback, which keep what they get.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use axum::Router;
use flate2::read::GzDecoder;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::metrics::v1::{metric, Metric};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use rcgen::CertifiedKey;
use tokio::runtime::Runtime;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::{WantsServerCert, WebPkiClientVerifier};
use tokio_rustls::rustls::{ConfigBuilder, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Identity, Server, ServerTlsConfig};

type Certificate = CertifiedKey<rcgen::KeyPair>;

const ANY: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

fn identity(certificate: &Certificate) -> Identity {
    Identity::from_pem(certificate.cert.pem(), certificate.signing_key.serialize_pem())
}

pub(crate) struct Receiver {
    address: SocketAddr,
    exports: Exports,
    _runtime: Runtime,
}

#[derive(Clone, Default)]
struct Exports(Arc<Kept>);

#[derive(Default)]
struct Kept {
    exports: Mutex<Vec<Export>>,
    metrics: Mutex<Vec<ExportMetricsServiceRequest>>,
    /// Exports of metrics, those that were refused included.
    metrics_exports: AtomicUsize,
    /// As Jaeger.
    has_no_metrics: AtomicBool,
    /// In milliseconds.
    delay: AtomicU64,
    refuses: AtomicBool,
    /// Exports that are being answered, and the most of them that were at a time.
    at_work: AtomicUsize,
    most: AtomicUsize,
}

impl Exports {
    async fn add(&self, export: Export) -> bool {
        let at_work = self.0.at_work.fetch_add(1, SeqCst) + 1;
        self.0.most.fetch_max(at_work, SeqCst);
        tokio::time::sleep(Duration::from_millis(self.0.delay.load(SeqCst))).await;
        self.0.at_work.fetch_sub(1, SeqCst);
        if self.0.refuses.load(SeqCst) {
            return false;
        }
        self.0.exports.lock().expect("not poisoned").push(export);
        true
    }
}

impl Exports {
    /// Whether they were taken.
    fn add_metrics(&self, request: ExportMetricsServiceRequest) -> bool {
        self.0.metrics_exports.fetch_add(1, SeqCst);
        let is_taken = !self.0.has_no_metrics.load(SeqCst);
        if is_taken {
            self.0.metrics.lock().expect("not poisoned").push(request);
        }
        is_taken
    }
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    /// With gRPC, empty.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) request: ExportTraceServiceRequest,
}

/// A span that arrived, and what it was exported under.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) resource: Resource,
    pub(crate) span: Span,
}

impl Receiver {
    /// By the name of the protocol in `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub(crate) fn speaking(protocol: &str) -> Self {
        Self::speaking_at(protocol, ANY)
    }

    pub(crate) fn speaking_at(protocol: &str, address: SocketAddr) -> Self {
        match protocol {
            "grpc" => Self::grpc_with(address, None),
            _ => Self::http_at(address),
        }
    }

    pub(crate) fn http() -> Self {
        Self::http_at(ANY)
    }

    fn http_at(address: SocketAddr) -> Self {
        Self::start(address, |listener, exports| async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router(exports)).await.expect("a server");
        })
    }

    /// Answers 400.
    pub(crate) fn refusing() -> Self {
        let receiver = Self::http();
        receiver.exports.0.refuses.store(true, SeqCst);
        receiver
    }

    pub(crate) fn https(certificate: &Certificate) -> Self {
        Self::with_tls(certificate, ServerConfig::builder().with_no_client_auth())
    }

    /// Wants this client.
    pub(crate) fn https_for(certificate: &Certificate, client: &Certificate) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(client.cert.der().clone()).expect("a root");
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier");
        Self::with_tls(certificate, ServerConfig::builder().with_client_cert_verifier(verifier))
    }

    fn with_tls(certificate: &Certificate, builder: ConfigBuilder<ServerConfig, WantsServerCert>) -> Self {
        let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
        let mut config = builder
            .with_single_cert(vec![certificate.cert.der().clone()], PrivateKeyDer::from(key))
            .expect("a certificate");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start(ANY, |listener, exports| async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((connection, _)) = listener.accept().await {
                let (acceptor, service) = (acceptor.clone(), router(exports.clone()));
                tokio::spawn(async move {
                    let Ok(connection) = acceptor.accept(connection).await else {
                        return;
                    };
                    let service = TowerToHyperService::new(service);
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(connection), service).await;
                });
            }
        })
    }

    pub(crate) fn grpc(certificate: Option<&Certificate>) -> Self {
        Self::grpc_with(ANY, certificate.map(|certificate| ServerTlsConfig::new().identity(identity(certificate))))
    }

    /// Wants this client.
    pub(crate) fn grpc_for(certificate: &Certificate, client: &Certificate) -> Self {
        let root = tonic::transport::Certificate::from_pem(client.cert.pem());
        Self::grpc_with(ANY, Some(ServerTlsConfig::new().identity(identity(certificate)).client_ca_root(root)))
    }

    fn grpc_with(address: SocketAddr, tls: Option<ServerTlsConfig>) -> Self {
        Self::start(address, |listener, exports| async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let mut server = Server::builder();
            if let Some(tls) = tls {
                server = server.tls_config(tls).expect("a certificate");
            }
            let metrics = exports.clone();
            let service = TraceServiceServer::new(exports).accept_compressed(CompressionEncoding::Gzip);
            let connections = tokio_stream::wrappers::TcpListenerStream::new(listener);
            let metrics = MetricsServiceServer::new(metrics).accept_compressed(CompressionEncoding::Gzip);
            let server = server.add_service(service).add_service(metrics);
            server.serve_with_incoming(connections).await.expect("a server");
        })
    }

    /// Has no such service: 404, or UNIMPLEMENTED.
    pub(crate) fn take_no_metrics(&self) {
        self.exports.0.has_no_metrics.store(true, SeqCst);
    }

    /// How often metrics were sent here, even if they weren't taken.
    pub(crate) fn metrics_exports(&self) -> usize {
        self.exports.0.metrics_exports.load(SeqCst)
    }

    /// Waits until metrics were sent here, for at most 30 seconds.
    pub(crate) fn wait_for_metrics(&self) {
        let since = Instant::now();
        while self.metrics_exports() == 0 {
            assert!(since.elapsed() < Duration::from_secs(30), "no metrics");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The sums of a metric that arrived: their service, temporality as protobuf numbers it, and value.
    pub(crate) fn sums(&self, metric: &str) -> Vec<(String, i32, i64)> {
        use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;

        let mut sums = Vec::new();
        let metrics = self.exports.0.metrics.lock().expect("not poisoned").clone();
        for resource_metrics in metrics.into_iter().flat_map(|request| request.resource_metrics) {
            let service = text(&resource_metrics.resource.unwrap_or_default(), "service.name").expect("a name");
            let scopes = resource_metrics.scope_metrics.into_iter();
            for Metric { data, .. } in scopes.flat_map(|scope| scope.metrics).filter(|each| each.name == metric) {
                let Some(metric::Data::Sum(sum)) = data else { continue };
                for point in sum.data_points {
                    let Some(Value::AsInt(value)) = point.value else { continue };
                    sums.push((service.clone(), sum.aggregation_temporality, value));
                }
            }
        }
        sums
    }

    /// Takes this long for each export from now on.
    pub(crate) fn be_slow(&self, delay: Duration) {
        self.exports.0.delay.store(delay.as_millis() as u64, SeqCst);
    }

    /// The most exports that were answered at a time.
    pub(crate) fn most_at_a_time(&self) -> usize {
        self.exports.0.most.load(SeqCst)
    }

    /// Waits until so many spans have arrived, for at most 30 seconds.
    pub(crate) fn wait_for(&self, spans: usize) {
        let since = Instant::now();
        while self.spans().len() < spans {
            assert!(since.elapsed() < Duration::from_secs(30), "{} spans", self.spans().len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn start<F>(address: SocketAddr, serve: impl FnOnce(TcpListener, Exports) -> F) -> Self
    where
        F: std::future::Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).expect("a port");
        listener.set_nonblocking(true).expect("non-blocking");
        let address = listener.local_addr().expect("an address");
        let runtime = Runtime::new().expect("a runtime");
        let exports = Exports::default();
        runtime.spawn(serve(listener, exports.clone()));
        Self { address, exports, _runtime: runtime }
    }

    /// `localhost:{port}`.
    pub(crate) fn authority(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.authority())
    }

    pub(crate) fn exports(&self) -> Vec<Export> {
        self.exports.0.exports.lock().expect("not poisoned").clone()
    }

    /// All spans, the oldest first.
    pub(crate) fn spans(&self) -> Vec<Arrived> {
        let mut spans = Vec::new();
        for resource_spans in self.exports().into_iter().flat_map(|e| e.request.resource_spans) {
            let resource = resource_spans.resource.unwrap_or_default();
            let scopes = resource_spans.scope_spans.into_iter();
            spans.extend(scopes.flat_map(|scope| scope.spans).map(|span| Arrived { resource: resource.clone(), span }));
        }
        spans.sort_by_key(|arrived| arrived.span.start_time_unix_nano);
        spans
    }
}

impl Arrived {
    /// An attribute of the Resource, if it is text.
    pub(crate) fn resource(&self, key: &str) -> Option<String> {
        text(&self.resource, key)
    }
}

fn text(resource: &Resource, key: &str) -> Option<String> {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;

    let attribute = resource.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

fn router(exports: Exports) -> Router {
    Router::new().route("/{*path}", post(receive)).with_state(exports)
}

async fn receive(State(exports): State<Exports>, url: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let is_gzip = headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip");
    let mut plain = Vec::new();
    if is_gzip {
        GzDecoder::new(&*body).read_to_end(&mut plain).expect("gzip");
    } else {
        plain.extend(body);
    }
    if url.path().ends_with("/v1/metrics") {
        let request = ExportMetricsServiceRequest::decode(&*plain).expect("protobuf");
        return if exports.add_metrics(request) { StatusCode::OK } else { StatusCode::NOT_FOUND };
    }
    let export = Export {
        path: url.path_and_query().expect("a path").to_string(),
        headers,
        request: ExportTraceServiceRequest::decode(&*plain).expect("protobuf"),
    };
    match exports.add(export).await {
        true => StatusCode::OK,
        false => StatusCode::BAD_REQUEST,
    }
}

#[tonic::async_trait]
impl TraceService for Exports {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let (metadata, _, request) = request.into_parts();
        self.add(Export { path: String::new(), headers: metadata.into_headers(), request }).await;
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Exports {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, tonic::Status> {
        match self.add_metrics(request.into_inner()) {
            true => Ok(tonic::Response::new(ExportMetricsServiceResponse::default())),
            false => Err(tonic::Status::unimplemented("unknown service")),
        }
    }
}
