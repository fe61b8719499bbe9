//! Sends requests on to the application.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::{connect::HttpConnector, Client};
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use super::exchange::Exchange;
use crate::common::stage::answer;
use crate::Error;

/// How long the application may take. A real REST API waits for 29 s.
pub(crate) const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) const API_ID: &str = "a1b2c3d4e5";

pub(super) struct Integration {
    application: SocketAddr,
    client: Client<HttpConnector, Body>,
}

/// How a request to the application ended.
pub(super) struct Outcome {
    pub(super) latency: Duration,
    /// The application's, if it answered in time.
    pub(super) status: Option<u16>,
    pub(super) error: Option<&'static str>,
}

impl Outcome {
    pub(super) fn is_timeout(&self) -> bool {
        self.error == Some(TIMEOUT)
    }
}

/// As a REST API's execution log has it.
const TIMEOUT: &str = "Execution failed due to a timeout error";

impl Integration {
    pub(super) fn with(application: SocketAddr) -> Self {
        Self { application, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// The response for the client, and what the gateway knows of how it came about.
    pub(super) async fn send(&self, exchange: &Exchange, request: Request) -> (Response, Outcome) {
        let begun = Instant::now();
        let whole = async { self.receive(self.map(exchange, request)?).await };
        // Dropping the request closes its connection: the application sees it cancelled.
        let (response, status, error) = match timeout(INTEGRATION_TIMEOUT, whole).await {
            Ok(Ok(response)) => {
                let status = response.status().as_u16();
                (response.map(Body::from), Some(status), None)
            }
            Ok(Err(error)) => {
                eprintln!("the gateway can't reach the application: {error}");
                let response = answer(StatusCode::BAD_GATEWAY, "Internal server error");
                (response, None, Some("Execution failed due to a connection error"))
            }
            Err(_) => (answer(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out"), None, Some(TIMEOUT)),
        };
        (response, Outcome { latency: begun.elapsed(), status, error })
    }

    fn map(&self, exchange: &Exchange, mut request: Request) -> Result<Request, Error> {
        let headers = request.headers_mut();
        headers.remove(HOST);
        for (name, value) in mapped_headers(exchange) {
            // Instead of what the client may have sent under this name.
            headers.insert(name, HeaderValue::try_from(value)?);
        }
        *request.uri_mut() = Uri::try_from(format!("http://{}{}", self.application, exchange.integration_path()))?;
        Ok(request)
    }

    /// A REST API hands the response on once it is whole.
    async fn receive(&self, request: Request) -> Result<Response<Bytes>, Error> {
        let (mut head, body) = self.client.request(request).await?.into_parts();
        head.headers.remove(TRANSFER_ENCODING);
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}

fn mapped_headers(exchange: &Exchange) -> [(&'static str, String); 12] {
    let route = &exchange.route;
    [
        ("x-dd-proxy", "aws-apigateway".into()),
        ("x-dd-proxy-request-time-ms", exchange.received.as_millis().to_string()),
        ("x-dd-proxy-domain-name", "api.example.com".into()),
        ("x-dd-proxy-httpmethod", route.method.clone()),
        ("x-dd-proxy-path", exchange.path.clone()),
        ("x-dd-proxy-stage", route.stage.clone()),
        ("x-dd-proxy-resource-path", route.resource.clone()),
        ("x-dd-proxy-account-id", "123456789012".into()),
        ("x-dd-proxy-api-id", API_ID.into()),
        ("x-dd-proxy-region", "eu-west-1".into()),
        ("x-dd-proxy-request-id", exchange.extended_request_id.clone()),
        ("x-amzn-trace-id", exchange.x_ray_root.clone()),
    ]
}
