//! Whatever makes the application's server span, it becomes the child of the gateway's span: middleware x
//! propagators x what the client sends x how the stack is built, every cell of it.
//!
//! One test, because middleware takes its tracer and propagator from the globals.
#![cfg(feature = "actix-web")]
// The B3 propagator stands in a crate whose exporter is deprecated.
#![allow(deprecated)]

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::mpsc::{channel, Receiver, Sender};

use apigateway_inferred_span::ApiGatewayInferredSpan;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use axum::Router;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use http::{Request, Response};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::global;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::noop::NoopTextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, SpanId};
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_zipkin::{B3Encoding, Propagator as B3Propagator};
use tower::layer::util::Identity;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::trace::TraceLayer;
use tracing_subscriber::layer::SubscriberExt;

use support::requests::RequestBuilder;
use support::spans::Recorder;

/// What makes the application's server span: name, version as in `Cargo.toml`, framework.
const MIDDLEWARE: [(Middleware, &str, &str); 8] = [
    (Middleware::TraceLayer, "`tower-http` 0.7 `TraceLayer` with `tracing-opentelemetry` 0.34", "axum, tower"),
    (Middleware::OtelAxumLayer, "`axum-tracing-opentelemetry` 0.42 `OtelAxumLayer`", "axum"),
    (Middleware::InstrumentationTower, "`opentelemetry-instrumentation-tower` 0.19", "axum, tower"),
    (
        Middleware::TracingActixWeb,
        "`tracing-actix-web` 0.7 `TracingLogger` with `tracing-opentelemetry` 0.34",
        "actix-web",
    ),
    (Middleware::InstrumentationActixWeb, "`opentelemetry-instrumentation-actix-web` 0.25", "actix-web"),
    (Middleware::Instrument, "`#[tracing::instrument]` on the handler", "any"),
    (Middleware::TracerStart, "`tracer.start` in the handler", "any"),
    (Middleware::TracerStartActix, "`tracer.start` in the handler", "actix-web"),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Middleware {
    TraceLayer,
    OtelAxumLayer,
    InstrumentationTower,
    TracingActixWeb,
    InstrumentationActixWeb,
    Instrument,
    TracerStart,
    TracerStartActix,
}

/// How the services are put together.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stack {
    /// `ServiceBuilder`: middleware's `call` runs in ours.
    Eager,
    /// `Router::layer`: middleware's `call` runs in the first poll of our future.
    Lazy,
    /// `App::wrap`.
    Actix,
    /// As `Eager`, with a span of the application around the connection.
    InsideASpan,
    /// As `Actix`, with a span of the application around the connection.
    ActixInsideASpan,
}

impl Stack {
    fn is_inside_a_span(self) -> bool {
        matches!(self, Self::InsideASpan | Self::ActixInsideASpan)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    W3c,
    B3Single,
    B3Multi,
    XRay,
}

#[derive(Clone, Copy, Debug)]
enum Propagator {
    None,
    W3c,
    W3cBaggage,
    B3Default,
    B3Single,
    B3Multi,
    B3Both,
    XRay,
    W3cThenXRay,
    XRayThenW3c,
}

const PROPAGATORS: [Propagator; 10] = [
    Propagator::None,
    Propagator::W3c,
    Propagator::W3cBaggage,
    Propagator::B3Default,
    Propagator::B3Single,
    Propagator::B3Multi,
    Propagator::B3Both,
    Propagator::XRay,
    Propagator::W3cThenXRay,
    Propagator::XRayThenW3c,
];

impl Propagator {
    fn reads(self) -> &'static [Format] {
        use Format::{B3Multi, B3Single, W3c, XRay};
        match self {
            Self::None => &[],
            Self::W3c | Self::W3cBaggage => &[W3c],
            // They differ in what they write.
            Self::B3Default | Self::B3Both | Self::B3Single | Self::B3Multi => &[B3Single, B3Multi],
            Self::XRay => &[XRay],
            Self::W3cThenXRay | Self::XRayThenW3c => &[W3c, XRay],
        }
    }

    fn install(self) {
        fn both(
            first: impl TextMapPropagator + Send + Sync + 'static,
            second: impl TextMapPropagator + Send + Sync + 'static,
        ) {
            global::set_text_map_propagator(TextMapCompositePropagator::new(vec![Box::new(first), Box::new(second)]));
        }
        let b3 = |encoding| global::set_text_map_propagator(B3Propagator::with_encoding(encoding));
        match self {
            Self::None => global::set_text_map_propagator(NoopTextMapPropagator::new()),
            Self::W3c => global::set_text_map_propagator(TraceContextPropagator::new()),
            Self::W3cBaggage => both(TraceContextPropagator::new(), BaggagePropagator::new()),
            Self::B3Default => global::set_text_map_propagator(B3Propagator::new()),
            Self::B3Single => b3(B3Encoding::SingleHeader),
            Self::B3Multi => b3(B3Encoding::MultipleHeader),
            Self::B3Both => b3(B3Encoding::SingleAndMultiHeader),
            Self::XRay => global::set_text_map_propagator(XrayPropagator::new()),
            Self::W3cThenXRay => both(TraceContextPropagator::new(), XrayPropagator::new()),
            Self::XRayThenW3c => both(XrayPropagator::new(), TraceContextPropagator::new()),
        }
    }
}

/// What a client sends: the headers, and the span they name in each format.
struct Client {
    name: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// Trace id, span id, whether it is sampled.
    names: &'static [(Format, &'static str, &'static str, bool)],
}

const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const S: &str = "00f067aa0ba902b7";
const ROOT_ONLY: (&str, &str) = ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678");

const CLIENTS: [Client; 16] = [
    Client { name: "nothing", headers: &[], names: &[] },
    Client {
        name: "traceparent",
        headers: &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")],
        names: &[(Format::W3c, T, S, true)],
    },
    Client {
        name: "traceparent, tracestate, baggage",
        headers: &[
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("tracestate", "vendor=abc"),
            ("baggage", "user=alice"),
        ],
        names: &[(Format::W3c, T, S, true)],
    },
    Client { name: "baggage alone", headers: &[("baggage", "user=alice")], names: &[] },
    Client {
        name: "traceparent, not sampled",
        headers: &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")],
        names: &[(Format::W3c, T, S, false)],
    },
    Client {
        // Text for who reads UTF-8, and the SDK would trim it; but nobody does.
        name: "traceparent beyond ASCII",
        headers: &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\u{85}")],
        names: &[],
    },
    Client {
        name: "traceparent and the gateway's Root",
        headers: &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ROOT_ONLY],
        names: &[(Format::W3c, T, S, true)],
    },
    Client {
        name: "single b3",
        headers: &[("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")],
        names: &[(Format::B3Single, T, S, true)],
    },
    Client {
        name: "multiple b3",
        headers: &[("x-b3-traceid", T), ("x-b3-spanid", S), ("x-b3-sampled", "1")],
        names: &[(Format::B3Multi, T, S, true)],
    },
    Client {
        name: "multiple b3, not sampled",
        headers: &[("x-b3-traceid", T), ("x-b3-spanid", S), ("x-b3-sampled", "0")],
        names: &[(Format::B3Multi, T, S, false)],
    },
    Client {
        name: "single and multiple b3",
        headers: &[
            ("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"),
            ("x-b3-traceid", T),
            ("x-b3-spanid", S),
            ("x-b3-sampled", "1"),
        ],
        names: &[(Format::B3Single, T, S, true), (Format::B3Multi, T, S, true)],
    },
    Client { name: "the gateway's Root", headers: &[ROOT_ONLY], names: &[] },
    Client {
        name: "X-Ray, recorded",
        headers: &[("x-amzn-trace-id", "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1")],
        names: &[(Format::XRay, T, S, true)],
    },
    Client {
        // What the propagator doesn't know it keeps, and writes back as a second `Parent`.
        name: "X-Ray, recorded, with a parent in another case",
        headers: &[(
            "x-amzn-trace-id",
            "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;parent=00f067aa0ba902b7;Sampled=1",
        )],
        names: &[(Format::XRay, T, S, true)],
    },
    Client {
        name: "X-Ray, not sampled",
        headers: &[("x-amzn-trace-id", "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=0")],
        names: &[(Format::XRay, T, S, false)],
    },
    Client {
        name: "foreign headers",
        headers: &[
            ("uber-trace-id", "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1"),
            ("x-datadog-trace-id", "1234567890123456789"),
            ("x-datadog-parent-id", "987654321"),
            ("x-cloud-trace-context", "4bf92f3577b34da6a3ce929d0e0e4736/67667974448284343;o=1"),
        ],
        names: &[],
    },
];

impl Client {
    /// The span that should be the gateway's parent: what the propagator reads.
    fn parent(&self, propagator: Propagator) -> Option<(&str, &str, bool)> {
        let named = |format| self.names.iter().find(|name| name.0 == format);
        let read = propagator.reads().iter().find_map(|format| named(*format));
        read.map(|(_, trace, span, sampled)| (*trace, *span, *sampled))
    }

    /// The span that should be linked: a parent that X-Ray recorded, unless it is the gateway's parent already.
    fn link(&self, propagator: Propagator) -> Option<String> {
        let recorded = self.names.iter().find(|name| name.0 == Format::XRay && name.3);
        let is_parent = recorded.is_some_and(|name| self.parent(propagator).is_some_and(|found| found.1 == name.2));
        recorded.filter(|_| !is_parent).map(|(_, trace, span, _)| format!("{trace}-{span}"))
    }

    fn has_baggage(&self) -> bool {
        self.headers.iter().any(|(name, _)| *name == "baggage")
    }

    fn request(&self) -> RequestBuilder {
        let request = RequestBuilder::gateway().uri("/users/42").and("host", "localhost");
        self.headers.iter().fold(request, |request, (name, value)| request.and(name, value))
    }
}

/// What the handler sees.
struct View {
    span: SpanContext,
    user: Option<String>,
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

macro_rules! stack {
    ($stack:expr, $routes:expr, $middleware:expr) => {
        match $stack {
            Stack::Eager | Stack::InsideASpan => App::new(
                ServiceBuilder::new()
                    .map_request(|request: Request<Body>| request)
                    .layer(gateway())
                    .layer($middleware)
                    .service($routes)
                    .map_response(|response: Response<_>| response.map(Body::new)),
            ),
            Stack::Lazy => App::new($routes.layer($middleware).layer(gateway())),
            Stack::Actix | Stack::ActixInsideASpan => unreachable!("not a tower stack"),
        }
    };
}

fn tower_app(middleware: Middleware, stack: Stack, sender: Sender<View>) -> App {
    let handler = match middleware {
        Middleware::Instrument => get(instrumented),
        Middleware::TracerStart => get(starting),
        _ => get(plain),
    };
    let routes: Router = Router::new().route("/users/{id}", handler).with_state(sender);
    match middleware {
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

fn stacks(middleware: Middleware) -> &'static [Stack] {
    match middleware {
        Middleware::TracingActixWeb | Middleware::InstrumentationActixWeb | Middleware::TracerStartActix => {
            &[Stack::Actix, Stack::ActixInsideASpan]
        }
        _ => &[Stack::Eager, Stack::Lazy, Stack::InsideASpan],
    }
}

#[test]
fn server_spans_are_the_gateways_children_in_every_cell() {
    let mut recorder = Recorder::new();
    global::set_tracer_provider(recorder.provider.clone());
    let tracing = tracing_opentelemetry::layer().with_tracer(recorder.provider.tracer("app"));
    let _guard = tracing::subscriber::set_default(
        tracing_subscriber::registry()
            // Other crates' own events and spans are none of the application's.
            .with(
                tracing_subscriber::filter::Targets::new()
                    .with_target("interop", tracing::Level::INFO)
                    .with_target("otel::tracing", tracing::Level::TRACE)
                    .with_target("tracing_actix_web", tracing::Level::INFO),
            )
            .with(tracing),
    );
    let system = actix_web::rt::System::new();
    let (mut cells, mut wrong) = (0, Vec::new());
    for propagator in PROPAGATORS {
        propagator.install();
        for client in &CLIENTS {
            for (middleware, ..) in MIDDLEWARE {
                for &stack in stacks(middleware) {
                    let (sender, views) = channel();
                    let local = stack.is_inside_a_span().then(|| global::tracer("app").start("connection"));
                    let local = local.map(Context::current_with_span);
                    let current = local.clone().map(Context::attach);
                    system.block_on(async {
                        match stack {
                            Stack::Actix | Stack::ActixInsideASpan => through_actix(middleware, client, sender).await,
                            _ => through_tower(middleware, stack, client, sender).await,
                        }
                    });
                    cells += 1;
                    drop(current);
                    let local = local.map(|context| context.span().span_context().clone());
                    if let Err(reason) = check(&mut recorder, &views, propagator, client, local) {
                        wrong.push(format!(
                            "{middleware:?}, {stack:?}, {propagator:?}, client sends {}: {reason}",
                            client.name
                        ));
                    }
                }
            }
        }
    }
    println!("{cells} cells, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cells, PROPAGATORS.len() * CLIENTS.len() * (5 * 3 + 3 * 2));
}

fn check(
    recorder: &mut Recorder,
    views: &Receiver<View>,
    propagator: Propagator,
    client: &Client,
    local: Option<SpanContext>,
) -> Result<(), String> {
    let view = views.try_recv().map_err(|_| "the handler wasn't called")?;
    let mut spans = recorder.ended();
    spans.retain(|span| span.name != "connection");
    let parent = client.parent(propagator);
    let expect = |holds: bool, what: &str| match holds {
        true => Ok(()),
        false => Err(format!("{what}; expected parent {parent:?}, {:?}, {spans:#?}", view.span)),
    };

    let baggage_read = matches!(propagator, Propagator::W3cBaggage) && client.has_baggage();
    expect(view.user.is_some() == baggage_read, "the handler's baggage")?;
    let sampled = parent.is_none_or(|(.., sampled)| sampled);
    expect(view.span.is_sampled() == sampled, "the sampled flag")?;
    if let Some((trace, ..)) = parent {
        expect(view.span.trace_id().to_string() == trace, "the client's trace")?;
    }
    if !sampled {
        return expect(spans.is_empty(), "nothing exported");
    }

    let gateway = spans.iter().find(|span| span.is_gateway());
    let server = spans.iter().find(|span| !span.is_gateway());
    let (Some(gateway), Some(server), 2) = (gateway, server, spans.len()) else {
        return expect(false, "two spans");
    };
    expect(gateway.trace_id == server.trace_id, "one trace")?;
    expect(server.parent == gateway.span_id, "the server span is the gateway's child")?;
    expect(view.span.span_id() == server.span_id, "the handler is in the server span")?;
    let links = gateway.links.iter().map(|link| format!("{}-{}", link.trace_id(), link.span_id()));
    let local = local.map(|span| format!("{}-{}", span.trace_id(), span.span_id()));
    let expected = client.link(propagator).into_iter().chain(local);
    expect(links.eq(expected), "a recorded parent and a local span are linked")?;
    match parent {
        Some((_, span, _)) => expect(gateway.parent.to_string() == span, "the client's span is the parent"),
        None => expect(gateway.parent == SpanId::INVALID, "no parent"),
    }
}

#[test]
fn the_readme_lists_the_middleware_of_the_matrix() {
    let mut table = String::from("| what makes your server span | in | child of the gateway's span |\n|---|---|---|\n");
    for (middleware, name, framework) in MIDDLEWARE {
        if middleware != Middleware::TracerStartActix {
            writeln!(table, "| {name} | {framework} | ✓ |").expect("a string");
        }
    }
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&table), "README.md should have this table:\n{table}");
}
