//! A stand-in for the stage `prod` of a REST API with an `HTTP_PROXY` integration and this crate's headers mapped.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::Router;
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::{connect::HttpConnector, Client};
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::common::stage::{answer, work, x_ray_root};
use crate::Error;

/// How long the application may take. A real REST API waits for 29 s.
pub(crate) const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(1);

const STAGE: &str = "prod";

#[derive(Clone)]
struct Stage {
    application: SocketAddr,
    client: Client<HttpConnector, Body>,
}

/// The stage in front of the application at this address.
pub(crate) fn stage(application: SocketAddr) -> Router {
    let client = Client::builder(TokioExecutor::new()).build_http();
    Router::new().fallback(proxy).with_state(Stage { application, client })
}

async fn proxy(State(stage): State<Stage>, mut request: Request) -> Response {
    let received = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let Some(path) = without_stage(request.uri().path()).map(str::to_owned) else {
        return answer(StatusCode::FORBIDDEN, "Forbidden");
    };
    if let Err(error) = stage.direct(&mut request, &path, received) {
        tracing::error!("the gateway can't map the request: {error}");
        return answer(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");
    }
    work(received).await;

    // Dropping the integration closes its connection: the application sees the request cancelled.
    match timeout(INTEGRATION_TIMEOUT, stage.integration(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::error!("the gateway can't reach the application: {error}");
            answer(StatusCode::BAD_GATEWAY, "Internal server error")
        }
        Err(_) => answer(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out"),
    }
}

impl Stage {
    fn direct(&self, request: &mut Request, path: &str, received: Duration) -> Result<(), Error> {
        let mapped = mapped_headers(request, path, received);
        let headers = request.headers_mut();
        headers.remove(HOST);
        for (name, value) in mapped {
            // Instead of what the client may have sent under this name.
            headers.insert(name, HeaderValue::try_from(value)?);
        }
        let query = request.uri().query();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        *request.uri_mut() = Uri::try_from(format!("http://{}{path}{query}", self.application))?;
        Ok(())
    }

    /// A REST API hands the response on once it is whole.
    async fn integration(&self, request: Request) -> Result<Response, Error> {
        let (mut head, body) = self.client.request(request).await?.into_parts();
        head.headers.remove(TRANSFER_ENCODING);
        let body = body.collect().await?.to_bytes();
        Ok(Response::from_parts(head, body.into()))
    }
}

fn mapped_headers(request: &Request, path: &str, received: Duration) -> [(&'static str, String); 11] {
    let request_time = received.as_millis();
    [
        ("x-dd-proxy", "aws-apigateway".into()),
        ("x-dd-proxy-request-time-ms", request_time.to_string()),
        ("x-dd-proxy-domain-name", "api.example.com".into()),
        ("x-dd-proxy-httpmethod", request.method().to_string()),
        ("x-dd-proxy-path", request.uri().path().into()),
        ("x-dd-proxy-stage", STAGE.into()),
        ("x-dd-proxy-resource-path", resource(path).into()),
        ("x-dd-proxy-account-id", "123456789012".into()),
        ("x-dd-proxy-api-id", "a1b2c3d4e5".into()),
        ("x-dd-proxy-region", "eu-west-1".into()),
        ("x-amzn-trace-id", x_ray_root(received)),
    ]
}

fn without_stage(path: &str) -> Option<&str> {
    let path = path.strip_prefix('/')?.strip_prefix(STAGE)?;
    path.starts_with('/').then_some(path)
}

/// The API's resource that takes this path.
fn resource(path: &str) -> &str {
    match path {
        "/health" | "/orders" | "/export" => path,
        _ if path.starts_with("/orders/") => "/orders/{id}",
        _ if path.starts_with("/reports/") => "/reports/{name}",
        _ => "/{proxy+}",
    }
}
