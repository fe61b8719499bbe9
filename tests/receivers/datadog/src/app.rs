//! The application of the golden runs, as one would write it in Rust on Datadog's SDK.

use std::convert::Infallible;
use std::panic::resume_unwind;
use std::time::Duration;

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::body::Body;
use axum::extract::{MatchedPath, Path};
use axum::routing::get;
use axum::Router;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use bytes::Bytes;
use datadog_opentelemetry::tracing as datadog;
use futures_util::stream::{self, StreamExt as _};
use http::header::USER_AGENT;
use http::{Request, Response, StatusCode};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{spawn_blocking, JoinHandle};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tracing::field::Empty;
use tracing::Span;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

const SHUTDOWN: Duration = Duration::from_secs(10);

/// Datadog's provider, exporter and propagator, installed globally and set by the environment.
pub struct Tracing(SdkTracerProvider);

impl Tracing {
    pub fn install() -> Self {
        let provider = datadog().init();
        let bridge = tracing_opentelemetry::layer().with_tracer(provider.tracer("aws-server"));
        tracing_subscriber::registry().with(LevelFilter::INFO).with(bridge).init();
        Self(provider)
    }

    /// Sends what has ended so far.
    pub async fn flush(&self) {
        let provider = self.0.clone();
        let flushed = spawn_blocking(move || provider.force_flush()).await;
        flushed.expect("no panic").expect("a flush");
    }

    /// Sends everything.
    pub async fn shut_down(self) {
        let shut_down = spawn_blocking(move || self.0.shutdown_with_timeout(SHUTDOWN)).await;
        shut_down.expect("no panic").expect("a shutdown");
    }
}

/// What makes the server span, and so decides where that looks for its parent.
#[derive(Clone, Copy, Debug)]
pub enum ServerSpan {
    /// tower-http's TraceLayer: in the current context.
    TraceLayer,
    /// axum-tracing-opentelemetry's OtelAxumLayer: in the request's headers, if they name one.
    OtelAxumLayer,
}

/// The application at work.
pub struct Application {
    pub address: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Application {
    pub async fn start(server: ServerSpan, gateway: ApiGatewayInferredSpan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        let (stop, stopped) = oneshot::channel();
        let server = axum::serve(listener, app(server, gateway)).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        Self { address, stop, server: tokio::spawn(async { server.await }) }
    }

    /// Returns once every connection is closed, and so every span ended.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let stopped = self.server.await;
        stopped.expect("no panic").expect("a server");
    }
}

fn app(server: ServerSpan, gateway: ApiGatewayInferredSpan) -> Router {
    let routes = routes().layer(CatchPanicLayer::new());
    let routes = match server {
        ServerSpan::TraceLayer => {
            routes.layer(TraceLayer::new_for_http().make_span_with(server_span).on_response(record_status))
        }
        ServerSpan::OtelAxumLayer => routes.layer(OtelAxumLayer::default()),
    };
    routes.layer(gateway)
}

fn routes() -> Router {
    Router::new()
        .route("/ok", get(|| async { "ok" }))
        .route("/users/{id}", get(|Path(id): Path<String>| async { id }))
        .route("/err", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/notfound", get(|| async { StatusCode::NOT_FOUND }))
        .route("/throw", get(|| async { throw() }))
        .route("/slow", get(|| async { pause(300).await }))
        .route("/stream", get(|| async { chunks() }))
}

/// Panics, and says nothing of it on standard error.
fn throw() {
    resume_unwind(Box::new("boom"));
}

async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn chunks() -> Body {
    Body::from_stream(stream::iter(0..4).then(|_| async {
        pause(100).await;
        Ok::<_, Infallible>(Bytes::from("chunk"))
    }))
}

fn server_span(request: &Request<Body>) -> Span {
    let method = request.method().as_str();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str);
    let user_agent = request.headers().get(USER_AGENT);
    tracing::info_span!(
        "server",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        url.path = request.uri().path(),
        url.scheme = "http",
        user_agent.original = user_agent.and_then(|value| value.to_str().ok()),
        http.response.status_code = Empty,
    )
}

fn record_status(response: &Response<Body>, _latency: Duration, span: &Span) {
    span.record("http.response.status_code", response.status().as_u16());
}
