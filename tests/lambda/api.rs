//! A stand-in for AWS Lambda's runtime interface on loopback.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
#![allow(clippy::disallowed_methods)]

use std::collections::VecDeque;
use std::future::{pending, Future};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::Router;
use serde_json::Value;
use support::spans::now_ms;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// X-Ray's value of an invocation, whose parent is Lambda's own segment.
pub(crate) const TRACE_ID: &str =
    "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5";
pub(crate) const FUNCTION: &str = "orders-function";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the function has asked for or answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    /// It asks for the next event, and this is what the test's eye saw at that moment.
    Next(usize),
    Response(String),
    Error(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    pub(crate) left: Duration,
    pub(crate) trace_id: Option<&'static str>,
}

impl Invocation {
    pub(crate) fn of(event: &Value) -> Self {
        Self::of_bytes(event.to_string().into_bytes())
    }

    pub(crate) fn of_bytes(body: Vec<u8>) -> Self {
        static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self { id: format!("invocation-{number}"), body, left: Duration::from_secs(60), trace_id: Some(TRACE_ID) }
    }
}

type Eye = Box<dyn Fn() -> usize + Send + Sync>;

struct Shared {
    events: Mutex<VecDeque<Invocation>>,
    calls: Mutex<Vec<Call>>,
    eye: Eye,
    waiting: Mutex<usize>,
    workers: usize,
    is_done: Notify,
}

/// A runtime interface with these events.
pub(crate) struct Api {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Api {
    pub(crate) async fn start(events: Vec<Invocation>) -> Self {
        Self::watched(events, 1, Box::new(|| 0)).await
    }

    /// `eye` is asked whenever one of `workers` asks for its next event.
    pub(crate) async fn watched(events: Vec<Invocation>, workers: usize, eye: Eye) -> Self {
        let shared = Arc::new(Shared {
            events: Mutex::new(events.into()),
            calls: Mutex::default(),
            eye,
            waiting: Mutex::new(0),
            workers,
            is_done: Notify::new(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shared }
    }

    /// Runs a function until all events are handled and it asks for more. Returns its calls.
    ///
    /// `make` is the function's `main`: it reads the environment when it is first polled.
    pub(crate) async fn run<F: Future>(&self, make: impl FnOnce() -> F) -> Vec<Call>
    where
        F::Output: std::fmt::Debug,
    {
        let mut function = {
            let _environment = environment();
            std::env::set_var("AWS_LAMBDA_RUNTIME_API", self.address.to_string());
            std::env::set_var("AWS_LAMBDA_MAX_CONCURRENCY", self.shared.workers.to_string());
            let mut function = Box::pin(make());
            let mut nobody = std::task::Context::from_waker(futures_util::task::noop_waker_ref());
            let first = function.as_mut().poll(&mut nobody);
            assert!(first.is_pending(), "{first:?}");
            function
        };
        let ends = std::future::poll_fn(|cx| match function.as_mut().poll(cx) {
            Poll::Ready(output) => panic!("the function has ended: {output:?}"),
            Poll::Pending => Poll::<()>::Pending,
        });
        tokio::select! {
            () = ends => {}
            () = self.shared.is_done.notified() => {}
            () = tokio::time::sleep(PATIENCE) => panic!("{:?}", self.shared.calls.lock()),
        }
        self.shared.calls.lock().expect("not poisoned").clone()
    }
}

/// Sets what Lambda sets in every function. The environment is the process's: nobody else reads it meanwhile.
pub(crate) fn environment() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    let guard = LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", FUNCTION),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
        ("AWS_REGION", "eu-west-1"),
    ] {
        if std::env::var_os(name).is_none() {
            std::env::set_var(name, value);
        }
    }
    guard
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let seen = (shared.eye)();
    shared.calls.lock().expect("not poisoned").push(Call::Next(seen));
    let event = shared.events.lock().expect("not poisoned").pop_front();
    let Some(event) = event else {
        let waiting = {
            let mut waiting = shared.waiting.lock().expect("not poisoned");
            *waiting += 1;
            *waiting
        };
        if waiting == shared.workers {
            shared.is_done.notify_one();
        }
        return pending().await;
    };
    let response = Response::builder()
        .header("lambda-runtime-aws-request-id", &event.id)
        .header("lambda-runtime-deadline-ms", (now_ms() + event.left.as_millis() as u64).to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:orders");
    let response = match event.trace_id {
        Some(trace_id) => response.header("lambda-runtime-trace-id", trace_id),
        None => response,
    };
    response.body(event.body.into()).expect("a response")
}

async fn response(State(shared): State<Arc<Shared>>, Path(_): Path<String>, body: Bytes) -> &'static str {
    let body = String::from_utf8_lossy(&body).into_owned();
    shared.calls.lock().expect("not poisoned").push(Call::Response(body));
    "{}"
}

async fn error(State(shared): State<Arc<Shared>>, Path(_): Path<String>, body: Bytes) -> &'static str {
    let body = String::from_utf8_lossy(&body).into_owned();
    shared.calls.lock().expect("not poisoned").push(Call::Error(body));
    "{}"
}
