//! The connection that the exporters of all services share.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::HttpClient;
use opentelemetry_otlp::{
    Protocol as OtlpProtocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _,
};
use rustls::crypto::{ring, CryptoProvider};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use super::destination::{Destination, Protocol};
use super::error::Error;

#[derive(Clone, Debug)]
pub(crate) enum Transport {
    Http { client: Arc<dyn HttpClient>, url: String, timeout: Duration },
    Grpc { channel: Channel, timeout: Duration },
}

impl Transport {
    /// Connects when there is something to send. gRPC's channel needs a runtime.
    pub(crate) fn new(destination: &Destination) -> Result<Self, Error> {
        let timeout = destination.timeout;
        Ok(match destination.protocol {
            Protocol::HttpProtobuf => {
                Self::Http { client: client(destination)?, url: destination.endpoint.to_string(), timeout }
            }
            Protocol::Grpc => Self::Grpc { channel: channel(destination)?, timeout },
        })
    }

    /// Headers and compression it takes from the environment.
    pub(crate) fn exporter(&self) -> Result<SpanExporter, Error> {
        let exporter = match self.clone() {
            Self::Http { client, url, timeout } => SpanExporter::builder()
                .with_http()
                .with_protocol(OtlpProtocol::HttpBinary)
                .with_endpoint(url)
                .with_timeout(timeout)
                .with_shared_http_client(client)
                .build(),
            Self::Grpc { channel, timeout } => {
                SpanExporter::builder().with_tonic().with_channel(channel).with_timeout(timeout).build()
            }
        };
        exporter.map_err(Error::Exporter)
    }
}

fn client(destination: &Destination) -> Result<Arc<dyn HttpClient>, Error> {
    let timeout = destination.timeout;
    if !destination.is_https() {
        return Ok(Arc::new(HyperClient::with_default_connector(timeout, None)));
    }
    // rustls' own choice panics where two crates have enabled two providers.
    let provider = CryptoProvider::get_default().cloned();
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider.unwrap_or_else(|| ring::default_provider().into()))
        .map_err(|error| Error::Certificates(error.into()))?
        .https_only()
        .enable_http1()
        .build();
    Ok(Arc::new(HyperClient::new(connector, timeout, None)))
}

/// opentelemetry-otlp's own would trust no certificate.
fn channel(destination: &Destination) -> Result<Channel, Error> {
    let endpoint = Endpoint::from(destination.endpoint.clone()).connect_timeout(destination.timeout);
    let endpoint = if destination.is_https() {
        endpoint
            .tls_config(ClientTlsConfig::new().with_enabled_roots())
            .map_err(|error| Error::Certificates(error.into()))?
    } else {
        endpoint
    };
    Ok(endpoint.connect_lazy())
}
