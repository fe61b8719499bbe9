//! The connection that the exporters of all services share.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::HttpClient;
use opentelemetry_otlp::{
    Compression as OtlpCompression, Protocol as OtlpProtocol, RetryPolicy, SpanExporter, WithExportConfig as _,
    WithHttpConfig as _, WithTonicConfig as _,
};
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};

use super::destination::{Destination, Protocol};
use super::error::Error;
use super::tls;

/// How long an export is tried again while the receiver is away, as when an Agent is restarted. Meanwhile spans wait in
/// the processor's queue.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two tries grows up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

#[derive(Clone, Debug)]
pub(crate) struct Transport {
    connection: Connection,
    /// Decoded. `opentelemetry-otlp` reads them by itself, but takes an empty variable for one that is set.
    headers: Vec<(String, String)>,
    compression: Compression,
}

#[derive(Clone, Debug)]
enum Connection {
    Http { client: Arc<dyn HttpClient>, url: String },
    Grpc { channel: Channel },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Compression {
    None,
    Gzip,
}

impl Compression {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "gzip" => Some(Self::Gzip),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl Transport {
    /// Connects when there is something to send. gRPC's channel needs a runtime.
    pub(crate) fn new(destination: &Destination) -> Result<Self, Error> {
        let connection = match destination.protocol {
            Protocol::HttpProtobuf => {
                Connection::Http { client: client(destination)?, url: destination.endpoint.to_string() }
            }
            Protocol::Grpc => Connection::Grpc { channel: channel(destination)? },
        };
        Ok(Self { connection, headers: destination.headers.clone(), compression: destination.compression })
    }

    /// The number of exports that may run at a time. The Datadog Agent takes one stream of gRPC, and refuses the next
    /// for good; over HTTP each has a connection of its own.
    pub(crate) fn most_exports(&self) -> usize {
        match self.connection {
            Connection::Http { .. } => 4,
            Connection::Grpc { .. } => 1,
        }
    }

    pub(crate) fn exporter(&self) -> Result<SpanExporter, Error> {
        let retry = RetryPolicy::recommended().with_max_retries(usize::MAX).with_max_delay(LONGEST_PAUSE);
        let is_gzip = self.compression == Compression::Gzip;
        let exporter = match self.connection.clone() {
            Connection::Http { client, url } => {
                let exporter = SpanExporter::builder()
                    .with_http()
                    .with_protocol(OtlpProtocol::HttpBinary)
                    .with_endpoint(url)
                    .with_timeout(PATIENCE)
                    .with_retry_policy(retry)
                    .with_headers(self.headers.iter().cloned().collect())
                    .with_shared_http_client(client);
                match is_gzip {
                    true => exporter.with_compression(OtlpCompression::Gzip).build(),
                    false => exporter.build(),
                }
            }
            Connection::Grpc { channel } => {
                let exporter = SpanExporter::builder()
                    .with_tonic()
                    .with_channel(channel)
                    .with_timeout(PATIENCE)
                    .with_retry_policy(retry)
                    .with_metadata(self.metadata());
                match is_gzip {
                    true => exporter.with_compression(OtlpCompression::Gzip).build(),
                    false => exporter.build(),
                }
            }
        };
        exporter.map_err(Error::Exporter)
    }

    fn metadata(&self) -> MetadataMap {
        let headers = self.headers.iter().filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::try_from(value.as_str()).ok()?))
        });
        MetadataMap::from_headers(headers.collect::<HeaderMap>())
    }
}

fn client(destination: &Destination) -> Result<Arc<dyn HttpClient>, Error> {
    let timeout = destination.timeout;
    if !destination.is_https() {
        return Ok(Arc::new(HyperClient::with_default_connector(timeout, None)));
    }
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls::rustls_config(&destination.certificates)?)
        .https_only()
        .enable_http1()
        .build();
    Ok(Arc::new(HyperClient::new(connector, timeout, None)))
}

/// opentelemetry-otlp's own would trust no certificate.
fn channel(destination: &Destination) -> Result<Channel, Error> {
    let timeout = destination.timeout;
    let endpoint = Endpoint::from(destination.endpoint.clone()).connect_timeout(timeout).timeout(timeout);
    let endpoint = if destination.is_https() {
        let config = tls::tonic_config(&destination.certificates)?;
        endpoint.tls_config(config).map_err(|error| Error::Certificates(error.into()))?
    } else {
        endpoint
    };
    Ok(endpoint.connect_lazy())
}
