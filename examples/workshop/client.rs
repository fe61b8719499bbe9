//! The client, which sends some requests at a time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::calls::Call;
use crate::progress::Progress;
use crate::Error;

/// The number of answers with each status.
pub(crate) type Statuses = BTreeMap<u16, usize>;

/// Sends all calls, no more than `concurrency` at a time.
pub(crate) async fn send_all(
    calls: Vec<Call>,
    gateway: SocketAddr,
    concurrency: usize,
    mut progress: Progress,
) -> Result<Statuses, Error> {
    let client = legacy::Client::builder(TokioExecutor::new()).build_http();
    let calls = Arc::new(Mutex::new(calls.into_iter()));
    let (answers, mut answered) = mpsc::unbounded_channel();
    let mut workers = JoinSet::new();
    for _ in 0..concurrency {
        let (client, calls, answers) = (client.clone(), Arc::clone(&calls), answers.clone());
        workers.spawn(async move {
            while let Some(call) = next(&calls) {
                let _ = answers.send(send(&client, gateway, call).await);
            }
        });
    }
    // The channel ends when the last worker does.
    drop(answers);

    let mut statuses = Statuses::new();
    progress.show();
    while let Some(status) = answered.recv().await {
        *statuses.entry(status?).or_default() += 1;
        progress.advance();
    }
    progress.finish();
    Ok(statuses)
}

fn next(calls: &Mutex<std::vec::IntoIter<Call>>) -> Option<Call> {
    calls.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// The status of the answer, once that is whole.
async fn send(client: &legacy::Client<HttpConnector, Body>, gateway: SocketAddr, call: Call) -> Result<u16, Error> {
    let mut request = Request::builder().method(call.method).uri(format!("http://{gateway}{}", call.path));
    if let Some(key) = call.api_key {
        request = request.header("x-api-key", key);
    }
    if let Some(trace) = call.unsampled {
        let span = RandomIdGenerator::default().new_span_id();
        request = request.header("traceparent", format!("00-{trace}-{span}-00"));
    }
    let response = client.request(request.body(Body::from(call.body))?).await?;
    let status = response.status().as_u16();
    response.into_body().collect().await?;
    Ok(status)
}
