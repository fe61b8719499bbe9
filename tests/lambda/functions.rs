//! Functions as applications have them: which layer stands where, and what makes the server's span.

use std::convert::Infallible;
use std::time::Duration;

use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::response::{IntoResponse as _, Response};
use axum::Router;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use http::StatusCode;
use lambda_http::Adapter;
use lambda_runtime::layers::OpenTelemetryLayer;
use lambda_runtime::Runtime;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_http::trace::TraceLayer;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::Layer as _;

use crate::api::{Api, Call, Invocation};

/// Where the layer stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    Router,
    Runtime,
    Both,
}

/// What makes the server's span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Server {
    TraceLayer,
    OtelAxumLayer,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) place: Place,
    pub(crate) server: Server,
    /// Whether `OpenTelemetryLayer` makes the function's span.
    pub(crate) has_function_span: bool,
}

pub(crate) fn forms() -> impl Iterator<Item = Form> {
    [Place::Router, Place::Runtime, Place::Both].into_iter().flat_map(|place| {
        [Server::TraceLayer, Server::OtelAxumLayer]
            .into_iter()
            .flat_map(move |server| [false, true].map(|has_function_span| Form { place, server, has_function_span }))
    })
}

/// Has `tracing`'s spans exported, but for the runtime's own, as `otlp::init` does.
pub(crate) fn subscriber(provider: &SdkTracerProvider) -> DefaultGuard {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let is_wanted = filter_fn(|metadata| {
        let target = metadata.target();
        target == "lambda_runtime::layers::otel" || target.starts_with("tower_http") || target.starts_with("otel")
    });
    let tracing = tracing_opentelemetry::layer().with_tracer(provider.tracer("app")).with_filter(is_wanted);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(tracing))
}

/// The application: what it does depends on the path.
pub(crate) fn router(provider: &SdkTracerProvider, server: Server) -> Router {
    let provider = provider.clone();
    let handler = move |request: axum::extract::Request| {
        let provider = provider.clone();
        async move {
            drop(provider.tracer("app").start("handler"));
            answer(request.uri().path()).await
        }
    };
    let app = Router::new().fallback(handler);
    match server {
        Server::TraceLayer => app.layer(TraceLayer::new_for_http().make_span_with(server_span)),
        Server::OtelAxumLayer => app.layer(OtelAxumLayer::default()),
    }
}

async fn answer(path: &str) -> Response {
    match path.rsplit('/').next() {
        Some("fail") => (StatusCode::INTERNAL_SERVER_ERROR, "no").into_response(),
        Some("panic") => panic!("boom"),
        Some("slow") => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            "late".into_response()
        }
        _ => "hello".into_response(),
    }
}

impl Form {
    /// Runs the events through the function.
    pub(crate) async fn run(
        self,
        provider: &SdkTracerProvider,
        layer: &ApiGatewayInferredSpan,
        events: Vec<Invocation>,
    ) -> Vec<Call> {
        self.run_on(&Api::start(events).await, provider, layer).await
    }

    pub(crate) async fn run_on(
        self,
        api: &Api,
        provider: &SdkTracerProvider,
        layer: &ApiGatewayInferredSpan,
    ) -> Vec<Call> {
        let app = router(provider, self.server);
        match self.place {
            Place::Runtime => self.run_runtime(api, layer, app).await,
            Place::Router | Place::Both => self.run_runtime(api, layer, app.layer(layer.clone())).await,
        }
    }

    async fn run_runtime(self, api: &Api, layer: &ApiGatewayInferredSpan, app: Router) -> Vec<Call> {
        api.run(|| async {
            let runtime = |app| Runtime::new(Adapter::from(app));
            let function_span = || OpenTelemetryLayer::new(|| {});
            match (self.place, self.has_function_span) {
                // As its documentation says.
                (Place::Router, false) => lambda_http::run(app).await,
                (Place::Router, true) => runtime(app).layer(function_span()).run().await,
                (_, false) => runtime(app).layer(layer.clone()).run().await,
                (_, true) => runtime(app).layer(function_span()).layer(layer.clone()).run().await,
            }
        })
        .await
    }
}

/// An answer that is streamed.
pub(crate) async fn stream(_: lambda_http::Request) -> Result<http::Response<axum::body::Body>, Infallible> {
    let frames = futures_util::stream::unfold(0, |number| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        (number < 5).then(|| (Ok::<_, Infallible>(format!("{number},")), number + 1))
    });
    Ok(http::Response::new(axum::body::Body::from_stream(frames)))
}
