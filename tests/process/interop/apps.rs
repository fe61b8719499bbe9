//! Applications: what makes the server span, and how the services are put together.

use std::convert::Infallible;
use std::sync::mpsc::Sender;

use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan, InferredSpan};
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Router};
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use http::{Request, Response};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::global;
use opentelemetry::trace::{FutureExt, SpanContext, TraceContextExt, Tracer};
use opentelemetry::Context;
use tower::layer::util::Identity;
use tower::layer::{layer_fn, LayerFn};
use tower::util::BoxCloneSyncService;
use tower::{service_fn, Layer, Service, ServiceBuilder, ServiceExt};
use tower_http::trace::TraceLayer;

use crate::clients::Client;

/// What makes the application's server span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Middleware {
    ServerSpan,
    TraceLayer,
    OtelAxumLayer,
    InstrumentationTower,
    TracingActixWeb,
    InstrumentationActixWeb,
    Instrument,
    TracerStart,
    StartBelow,
    TracerStartActix,
}

impl Middleware {
    /// Each with its name, its version as in `Cargo.toml`, its framework, and what makes it a child behind a hop.
    pub(crate) const ALL: [(Self, &'static str, &'static str, &'static str); 10] = [
        (
            Self::ServerSpan,
            "`tower-http` 0.7 `TraceLayer` with `tracing-opentelemetry` 0.34 and `server_span`",
            "axum, tower",
            "✓",
        ),
        (Self::TraceLayer, "the same with a span of your own", "axum, tower", "with `server_span_with`"),
        (Self::OtelAxumLayer, "`axum-tracing-opentelemetry` 0.42 `OtelAxumLayer`", "axum", "with a propagator"),
        (Self::InstrumentationTower, "`opentelemetry-instrumentation-tower` 0.19", "axum, tower", "with a propagator"),
        (
            Self::TracingActixWeb,
            "`tracing-actix-web` 0.7 `TracingLogger` with `tracing-opentelemetry` 0.34",
            "actix-web",
            "",
        ),
        (Self::InstrumentationActixWeb, "`opentelemetry-instrumentation-actix-web` 0.25", "actix-web", ""),
        (Self::Instrument, "`#[tracing::instrument]` on the handler", "any", "with `InferredSpan::context`"),
        (Self::TracerStart, "`tracer.start` in the handler", "any", "with `InferredSpan::context`"),
        (Self::StartBelow, "`tracer.start_with_context` in the handler, with `InferredSpan::context`", "any", "✓"),
        (Self::TracerStartActix, "`tracer.start` in the handler", "actix-web", ""),
    ];

    /// The stacks in which the server span can be the gateway's child. Behind a hop nothing is current, and without a
    /// propagator no header names a span.
    pub(crate) fn stacks(self, has_propagator: bool) -> &'static [Stack] {
        use Stack::{Actix, ActixInsideASpan, Buffered, Eager, InsideASpan, Lazy, Spawned, TwiceSpawned};
        match self {
            Self::TracingActixWeb | Self::InstrumentationActixWeb | Self::TracerStartActix => {
                &[Actix, ActixInsideASpan]
            }
            Self::ServerSpan | Self::StartBelow => &[Eager, Lazy, InsideASpan, Spawned, Buffered, TwiceSpawned],
            Self::OtelAxumLayer | Self::InstrumentationTower if has_propagator => {
                &[Eager, Lazy, InsideASpan, Spawned, Buffered, TwiceSpawned]
            }
            _ => &[Eager, Lazy, InsideASpan],
        }
    }
}

/// How the services are put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stack {
    /// `ServiceBuilder`: middleware's `call` runs in ours.
    Eager,
    /// `Router::layer`: middleware's `call` runs in the first poll of our future.
    Lazy,
    /// `App::wrap`.
    Actix,
    /// As `Eager`, with a `tracing` span around the connection.
    InsideASpan,
    /// As `Actix`, with a `tracing` span around the connection.
    ActixInsideASpan,
    /// The middleware is in another task than the gateway's layer.
    Spawned,
    /// A buffer is between them, whose worker is another task.
    Buffered,
    /// As `Spawned`, with a second layer in the other task.
    TwiceSpawned,
}

impl Stack {
    pub(crate) fn is_inside_a_span(self) -> bool {
        matches!(self, Self::InsideASpan | Self::ActixInsideASpan)
    }

    pub(crate) fn is_actix(self) -> bool {
        matches!(self, Self::Actix | Self::ActixInsideASpan)
    }
}

/// What the handler sees.
pub(crate) struct View {
    pub(crate) span: SpanContext,
    pub(crate) user: Option<String>,
}

fn look(sender: &Sender<View>) -> &'static str {
    let context = Context::current();
    let view = View {
        span: context.span().span_context().clone(),
        user: context.baggage().get("user").map(ToString::to_string),
    };
    sender.send(view).expect("awaited");
    "ok"
}

#[tracing::instrument(skip_all)]
async fn instrumented(State(sender): State<Sender<View>>) -> &'static str {
    look(&sender)
}

async fn starting(State(sender): State<Sender<View>>) -> &'static str {
    start_and_look(&sender)
}

async fn starting_below(
    State(sender): State<Sender<View>>,
    Extension(gateway): Extension<InferredSpan>,
) -> &'static str {
    async { start_and_look(&sender) }.with_context(gateway.context().clone()).await
}

async fn plain(State(sender): State<Sender<View>>) -> &'static str {
    look(&sender)
}

fn start_and_look(sender: &Sender<View>) -> &'static str {
    global::tracer("app").in_span("handler", |_| look(sender))
}

fn gateway() -> ApiGatewayInferredSpan {
    ApiGatewayInferredSpan::new().enabled(true)
}

type App = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Any tower application as one type, so that the stacks below are about their order alone.
fn app<S, B>(service: S) -> App
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    App::new(service.map_response(|response| response.map(Body::new)))
}

/// Hands each request to a task of its own.
fn spawn() -> LayerFn<fn(App) -> App> {
    layer_fn(|inner: App| {
        app(service_fn(move |request| {
            let answer = tokio::spawn(inner.clone().oneshot(request));
            async { answer.await.expect("no panic") }
        }))
    })
}

fn buffer(inner: App) -> App {
    let buffered = ServiceBuilder::new().buffer(8).service(inner);
    app(buffered.map_err(|error| -> Infallible { unreachable!("{error}") }))
}

/// Below the layer: the middleware around the routes.
fn inner<L>(middleware: L, routes: Router) -> App
where
    L: Layer<Router>,
    L::Service: Service<Request<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request<Body>>>::Future: Send,
    <L::Service as Service<Request<Body>>>::Response: IntoBody,
{
    App::new(middleware.layer(routes).map_response(IntoBody::into_body))
}

/// A response with any body.
trait IntoBody {
    fn into_body(self) -> Response<Body>;
}

impl<B> IntoBody for Response<B>
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    fn into_body(self) -> Response<Body> {
        self.map(Body::new)
    }
}

macro_rules! stack {
    ($stack:expr, $routes:expr, $middleware:expr) => {
        match $stack {
            Stack::Eager | Stack::InsideASpan => app(gateway().layer($middleware.layer($routes))),
            Stack::Lazy => App::new($routes.layer($middleware).layer(gateway())),
            Stack::Spawned => app(gateway().layer(spawn().layer(inner($middleware, $routes)))),
            Stack::Buffered => app(gateway().layer(buffer(inner($middleware, $routes)))),
            Stack::TwiceSpawned => {
                app(gateway().layer(spawn().layer(app(gateway().layer(inner($middleware, $routes))))))
            }
            Stack::Actix | Stack::ActixInsideASpan => unreachable!("not a tower stack"),
        }
    };
}

fn tower_app(middleware: Middleware, stack: Stack, sender: Sender<View>) -> App {
    let handler = match middleware {
        Middleware::Instrument => get(instrumented),
        Middleware::TracerStart => get(starting),
        Middleware::StartBelow => get(starting_below),
        _ => get(plain),
    };
    let routes: Router = Router::new().route("/users/{id}", handler).with_state(sender);
    match middleware {
        Middleware::ServerSpan => stack!(stack, routes, TraceLayer::new_for_http().make_span_with(server_span)),
        Middleware::TraceLayer => stack!(
            stack,
            routes,
            TraceLayer::new_for_http().make_span_with(|_: &Request<Body>| tracing::info_span!("request"))
        ),
        Middleware::OtelAxumLayer => stack!(stack, routes, OtelAxumLayer::default()),
        Middleware::InstrumentationTower => {
            stack!(stack, routes, opentelemetry_instrumentation_tower::http::server::Layer::new())
        }
        _ => stack!(stack, routes, Identity::new()),
    }
}

async fn through_tower(middleware: Middleware, stack: Stack, client: &Client, sender: Sender<View>) {
    let app = tower_app(middleware, stack, sender);
    let response = app.oneshot(client.request().body(Body::empty())).await.expect("infallible");
    let body = axum::body::to_bytes(response.into_body(), 16).await;
    assert_eq!(body.expect("whole"), "ok");
}

async fn through_actix(middleware: Middleware, client: &Client, sender: Sender<View>) {
    use actix_web::middleware::Condition;
    use actix_web::{test, web};
    use opentelemetry_instrumentation_actix_web::RequestTracing;
    use tracing_actix_web::TracingLogger;

    let handler = move || {
        let view = match middleware {
            Middleware::TracerStartActix => start_and_look(&sender),
            _ => look(&sender),
        };
        async move { view }
    };
    let app = actix_web::App::new()
        .route("/users/{id}", web::get().to(handler))
        .wrap(Condition::new(middleware == Middleware::TracingActixWeb, TracingLogger::default()))
        .wrap(Condition::new(middleware == Middleware::InstrumentationActixWeb, RequestTracing::new()))
        .wrap(gateway());
    let app = test::init_service(app).await;
    assert_eq!(test::call_and_read_body(&app, client.request().actix().to_request()).await, "ok");
}

/// Sends the client's request, which the application answers whole.
pub(crate) async fn serve(middleware: Middleware, stack: Stack, client: &Client, sender: Sender<View>) {
    match stack.is_actix() {
        true => through_actix(middleware, client, sender).await,
        false => through_tower(middleware, stack, client, sender).await,
    }
}
