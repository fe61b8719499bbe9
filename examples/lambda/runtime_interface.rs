//! Stands in for AWS Lambda's [runtime interface], of which a function asks for its events.
//!
//! [runtime interface]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::events::Event;
use crate::Error;

/// Lambda's default.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What became of an event.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) title: &'static str,
    pub(crate) request_id: String,
    /// `None` if the function answered with an error.
    pub(crate) status: Option<u64>,
}

pub(crate) struct RuntimeInterface {
    pub(crate) address: String,
    state: Arc<Shared>,
}

struct Shared {
    events: Mutex<Vec<Event>>,
    answers: Mutex<Vec<Answer>>,
    is_done: Notify,
}

impl RuntimeInterface {
    pub(crate) async fn start(mut events: Vec<Event>) -> Result<Self, Error> {
        events.reverse();
        let state = Arc::new(Shared { events: Mutex::new(events), answers: Mutex::default(), is_done: Notify::new() });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, state })
    }

    /// The function has asked for more events than there are. Lambda would freeze it.
    pub(crate) async fn is_done(&self) {
        self.state.is_done.notified().await;
    }

    pub(crate) fn answers(&self) -> Vec<Answer> {
        lock(&self.state.answers).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn next(State(state): State<Arc<Shared>>) -> Response {
    let event = lock(&state.events).pop();
    let Some(event) = event else {
        state.is_done.notify_one();
        return pending().await;
    };
    let request_id = format!("invocation-{}", lock(&state.answers).len() + 1);
    lock(&state.answers).push(Answer { title: event.title, request_id: request_id.clone(), status: None });
    let deadline = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default() + TIMEOUT;
    let headers = [
        ("lambda-runtime-aws-request-id", request_id),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:orders-function".to_owned(),
        ),
    ];
    (headers, event.send().to_string()).into_response()
}

async fn response(State(state): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(answer) = lock(&state.answers).iter_mut().find(|answer| answer.request_id == id) {
        answer.status = body.get("statusCode").and_then(Value::as_u64);
    }
    StatusCode::ACCEPTED
}

async fn error(Path(_): Path<String>, _: Bytes) -> StatusCode {
    StatusCode::ACCEPTED
}
