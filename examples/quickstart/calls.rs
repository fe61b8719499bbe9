//! The client, and what it asks for.

use std::fmt;
use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

use crate::Error;

pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) note: &'static str,
    /// The client's own span, which it tells the gateway of.
    pub(crate) parent: Option<(TraceId, SpanId)>,
}

impl Call {
    pub(crate) fn all() -> [Self; 8] {
        [
            Self::get("/prod/health", ""),
            Self::get("/prod/orders/42", ""),
            Self::get("/prod/orders/42", "traced by its client").with_parent(),
            Self::get("/prod/orders/7", "there is no such order"),
            Self { method: Method::POST, ..Self::get("/prod/orders", "the bank hangs up") },
            Self::get("/prod/reports/today", "slow"),
            Self::get("/prod/export", "streamed"),
            Self::get("/prod/reports/year", "outlasts the gateway's 1 s"),
        ]
    }

    fn get(path: &'static str, note: &'static str) -> Self {
        Self { method: Method::GET, path, note, parent: None }
    }

    fn with_parent(self) -> Self {
        let ids = RandomIdGenerator::default();
        Self { parent: Some((ids.new_trace_id(), ids.new_span_id())), ..self }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

pub(crate) struct Client {
    gateway: SocketAddr,
    client: legacy::Client<HttpConnector, Body>,
}

impl Client {
    pub(crate) fn new(gateway: SocketAddr) -> Self {
        Self { gateway, client: legacy::Client::builder(TokioExecutor::new()).build_http() }
    }

    /// The status of the answer, once that is whole.
    pub(crate) async fn send(&self, call: &Call) -> Result<u16, Error> {
        let mut request = Request::builder().method(&call.method).uri(format!("http://{}{}", self.gateway, call.path));
        if let Some((trace, span)) = call.parent {
            request = request.header("traceparent", format!("00-{trace}-{span}-01"));
        }
        let response = self.client.request(request.body(Body::empty())?).await?;
        let status = response.status().as_u16();
        response.into_body().collect().await?;
        Ok(status)
    }
}
