//! Answers requests, alone or with the application's response.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::Router;
use http_body_util::BodyExt as _;

use super::access_log::{self, Answered};
use super::exchange::Exchange;
use super::integration::{Integration, Outcome};
use super::usage_plan::{Refusal, UsagePlans};
use super::Counts;
use crate::common::stage::{answer, work};

#[derive(Clone)]
pub(crate) struct Gateway(Arc<Parts>);

struct Parts {
    integration: Integration,
    usage_plans: UsagePlans,
    records: Mutex<Records>,
}

#[derive(Default)]
struct Records {
    log: String,
    counts: Counts,
}

impl Gateway {
    /// In front of the application at this address.
    pub(crate) fn before(application: SocketAddr) -> Self {
        Self(Arc::new(Parts {
            integration: Integration::with(application),
            usage_plans: UsagePlans::default(),
            records: Mutex::default(),
        }))
    }

    pub(crate) fn router(&self) -> Router {
        Router::new().fallback(handle).with_state(self.clone())
    }

    /// The access log.
    pub(crate) fn log(&self) -> String {
        self.records().log.clone()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.records().counts.clone()
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, exchange: &Exchange, request: &Request) -> Result<(), Refusal> {
        if !exchange.is_known {
            // What a REST API says of a path that it doesn't have.
            return Err((StatusCode::FORBIDDEN, "Missing Authentication Token"));
        }
        self.0.usage_plans.check(request)
    }

    fn record(&self, exchange: &Exchange, response: &Response<Bytes>, integration: Option<&Outcome>) {
        let answered = Answered {
            status: response.status().as_u16(),
            length: response.body().len(),
            latency: exchange.begun.elapsed(),
            integration,
        };
        let line = access_log::line(exchange, &answered);
        let mut records = self.records();
        records.log += &line;
        records.log.push('\n');
        records.counts.entry(exchange.route.clone()).or_default().add(&answered);
    }
}

async fn handle(State(gateway): State<Gateway>, request: Request) -> Response {
    let exchange = Exchange::begin(&request);
    work(exchange.received).await;
    let (response, integration) = match gateway.admit(&exchange, &request) {
        Ok(()) => {
            let (response, outcome) = gateway.0.integration.send(&exchange, request).await;
            (response, Some(outcome))
        }
        Err((status, message)) => (answer(status, message), None),
    };
    let (head, body) = response.into_parts();
    // It can't fail: the body is the gateway's own, or was received whole.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let response = Response::from_parts(head, body);
    gateway.record(&exchange, &response, integration.as_ref());
    response.map(Body::from)
}
