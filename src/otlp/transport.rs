//! The connection that the exporters of all services share.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::HttpClient;
use opentelemetry_otlp::{
    Compression as OtlpCompression, MetricExporter, Protocol as OtlpProtocol, RetryPolicy, SpanExporter,
    WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};

use super::destination::{Destination, Protocol};
use super::error::Error;
use super::tls;

/// How long an export is retried while the receiver is unreachable, for instance because an Agent restarts. Meanwhile,
/// spans wait in the processor's queue.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two attempts grows up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

#[derive(Clone, Debug)]
pub(crate) struct Transport {
    connection: Connection,
    /// Decoded. `opentelemetry-otlp` reads the variables itself, but takes an empty one for a set one.
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
    /// Connects when the first export starts. gRPC's channel must be created inside a runtime.
    pub(crate) fn new(destination: &Destination) -> Result<Self, Error> {
        let connection = match destination.protocol {
            Protocol::HttpProtobuf => {
                Connection::Http { client: client(destination)?, url: destination.endpoint.to_string() }
            }
            Protocol::Grpc => Connection::Grpc { channel: channel(destination)? },
        };
        Ok(Self { connection, headers: destination.headers.clone(), compression: destination.compression })
    }

    pub(crate) fn is_grpc(&self) -> bool {
        matches!(self.connection, Connection::Grpc { .. })
    }

    /// The number of exports that may run concurrently. The Datadog Agent accepts one gRPC stream, and rejects a second
    /// one for good; over HTTP, each has a separate connection.
    pub(crate) fn most_exports(&self) -> usize {
        match self.connection {
            Connection::Http { .. } => 4,
            Connection::Grpc { .. } => 1,
        }
    }

    pub(crate) fn span_exporter(&self) -> Result<SpanExporter, Error> {
        let exporter = match &self.connection {
            Connection::Http { client, url } => self.http(SpanExporter::builder().with_http(), client, url).build(),
            Connection::Grpc { channel } => self.grpc(SpanExporter::builder().with_tonic(), channel).build(),
        };
        exporter.map_err(|error| Error::Exporter(error.into()))
    }

    pub(crate) fn metric_exporter(&self) -> Result<MetricExporter, Error> {
        let exporter = match &self.connection {
            Connection::Http { client, url } => self.http(MetricExporter::builder().with_http(), client, url).build(),
            Connection::Grpc { channel } => self.grpc(MetricExporter::builder().with_tonic(), channel).build(),
        };
        exporter.map_err(|error| Error::Exporter(error.into()))
    }

    fn http<B>(&self, builder: B, client: &Arc<dyn HttpClient>, url: &str) -> B
    where
        B: WithExportConfig + WithHttpConfig,
    {
        let builder = builder
            .with_protocol(OtlpProtocol::HttpBinary)
            .with_endpoint(url)
            .with_timeout(PATIENCE)
            .with_retry_policy(retry_policy())
            .with_headers(self.headers.iter().cloned().collect())
            .with_shared_http_client(Arc::clone(client));
        match self.compression {
            Compression::Gzip => builder.with_compression(OtlpCompression::Gzip),
            Compression::None => builder,
        }
    }

    fn grpc<B>(&self, builder: B, channel: &Channel) -> B
    where
        B: WithExportConfig + WithTonicConfig,
    {
        let builder = builder
            .with_channel(channel.clone())
            .with_timeout(PATIENCE)
            .with_retry_policy(retry_policy())
            .with_metadata(self.metadata());
        match self.compression {
            Compression::Gzip => builder.with_compression(OtlpCompression::Gzip),
            Compression::None => builder,
        }
    }

    fn metadata(&self) -> MetadataMap {
        let headers = self.headers.iter().filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::try_from(value.as_str()).ok()?))
        });
        MetadataMap::from_headers(headers.collect::<HeaderMap>())
    }
}

fn retry_policy() -> RetryPolicy {
    RetryPolicy::recommended().with_max_retries(usize::MAX).with_max_delay(LONGEST_PAUSE)
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

/// The channel that `opentelemetry-otlp` makes itself would trust no certificate.
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
