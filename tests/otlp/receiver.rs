//! Receivers of OTLP on loopback, which keep what they get.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use axum::Router;
use flate2::read::GzDecoder;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use rcgen::CertifiedKey;
use tokio::runtime::Runtime;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Identity, Server, ServerTlsConfig};

type Certificate = CertifiedKey<rcgen::KeyPair>;

pub(crate) struct Receiver {
    address: SocketAddr,
    exports: Exports,
    _runtime: Runtime,
}

#[derive(Clone, Default)]
struct Exports(Arc<Mutex<Vec<Export>>>);

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
    pub(crate) fn http() -> Self {
        Self::start(|listener, exports| async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router(exports)).await.expect("a server");
        })
    }

    pub(crate) fn https(certificate: &Certificate) -> Self {
        let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], PrivateKeyDer::from(key))
            .expect("a certificate");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start(|listener, exports| async move {
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
        let identity = certificate
            .map(|certificate| Identity::from_pem(certificate.cert.pem(), certificate.signing_key.serialize_pem()));
        Self::start(|listener, exports| async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let mut server = Server::builder();
            if let Some(identity) = identity {
                let tls = ServerTlsConfig::new().identity(identity);
                server = server.tls_config(tls).expect("a certificate");
            }
            let service = TraceServiceServer::new(exports).accept_compressed(CompressionEncoding::Gzip);
            let connections = tokio_stream::wrappers::TcpListenerStream::new(listener);
            server.add_service(service).serve_with_incoming(connections).await.expect("a server");
        })
    }

    fn start<F>(serve: impl FnOnce(TcpListener, Exports) -> F) -> Self
    where
        F: std::future::Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
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
        self.exports.0.lock().expect("not poisoned").clone()
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
        use opentelemetry_proto::tonic::common::v1::any_value::Value;

        let mut attributes = self.resource.attributes.iter();
        let attribute = attributes.find(|attribute| attribute.key == key)?;
        match attribute.value.as_ref()?.value.as_ref()? {
            Value::StringValue(text) => Some(text.clone()),
            _ => None,
        }
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
    exports.0.lock().expect("not poisoned").push(Export {
        path: url.path().to_owned(),
        headers,
        request: ExportTraceServiceRequest::decode(&*plain).expect("protobuf"),
    });
    StatusCode::OK
}

#[tonic::async_trait]
impl TraceService for Exports {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let (metadata, _, request) = request.into_parts();
        self.0.lock().expect("not poisoned").push(Export {
            path: String::new(),
            headers: metadata.into_headers(),
            request,
        });
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}
