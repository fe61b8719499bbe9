//! The program that a test starts, because `init` sets what is global to a process, and reads its environment.
#![allow(clippy::disallowed_methods)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use apigateway_inferred_span::otlp::{self, Guard};
use apigateway_inferred_span::ApiGatewayInferredSpan;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry::{global, Context};
use tokio::runtime::{Builder, Runtime};
use tower::{ServiceBuilder, ServiceExt as _};
use tower_http::trace::TraceLayer;

const PROGRAM: &str = "PROGRAM";

/// What became of the program.
pub(crate) struct Outcome {
    /// What it wrote, with its log.
    pub(crate) output: String,
    pub(crate) took: Duration,
}

impl Outcome {
    /// What the program says of `subject`.
    pub(crate) fn says(&self, subject: &str) -> &str {
        let mut lines = self.output.lines();
        let said = lines.find_map(|line| line.strip_prefix(subject)?.strip_prefix(": "));
        said.unwrap_or_else(|| panic!("nothing about {subject}:\n{}", self.output))
    }

    pub(crate) fn milliseconds(&self, subject: &str) -> u128 {
        self.says(subject).parse().expect("a number")
    }
}

/// Runs the program of that name in an environment with nothing but these variables.
pub(crate) fn run(program: &str, variables: &[(&str, &str)]) -> Outcome {
    start(program, variables).end()
}

/// A program that runs.
pub(crate) struct Running {
    name: String,
    child: Child,
    output: BufReader<ChildStdout>,
    text: String,
    start: Instant,
}

pub(crate) fn start(program: &str, variables: &[(&str, &str)]) -> Running {
    let start = Instant::now();
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "program::program", "--ignored", "--nocapture"])
        .env_clear()
        .env(PROGRAM, program)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    Running { name: format!("{program}, {variables:?}"), child, output, text: String::new(), start }
}

impl Running {
    /// What it says of `subject`, as soon as it does.
    pub(crate) fn said(&mut self, subject: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).expect("UTF-8");
            assert!(read > 0, "{}: nothing about {subject}:\n{}", self.name, self.text);
            self.text += &line;
            if let Some(said) = line.strip_prefix(subject).and_then(|rest| rest.strip_prefix(": ")) {
                return said.trim_end().to_owned();
            }
        }
    }

    /// Lets it go on, if it waits for a line.
    pub(crate) fn go_on(&mut self) {
        use std::io::Write as _;
        self.child.stdin.as_mut().expect("piped").write_all(b"go on\n").expect("written");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(status.expect("kill runs").success());
    }

    pub(crate) fn end(mut self) -> Outcome {
        self.output.read_to_string(&mut self.text).expect("UTF-8");
        let output = self.child.wait_with_output().expect("the program ends");
        self.text += &String::from_utf8(output.stderr).expect("UTF-8");
        assert!(output.status.success(), "{}:\n{}", self.name, self.text);
        Outcome { output: self.text, took: self.start.elapsed() }
    }
}

#[test]
#[ignore = "started by the other tests"]
fn program() {
    let Ok(program) = env::var(PROGRAM) else {
        return;
    };
    // The test harness has begun a line.
    println!();
    match program.as_str() {
        "multi-threaded" => in_runtime(&mut Builder::new_multi_thread()),
        "current-threaded" => in_runtime(&mut Builder::new_current_thread()),
        "outside" => outside(),
        "propagate" => propagate(),
        "propagators" => crate::propagators::program(&env::var("CLIENTS").expect("clients")),
        "past the gateway" => past_the_gateway(),
        "fail" => fail(),
        "start" => drop(otlp::init().expect("a pipeline")),
        "debug" => debug(),
        "log" => log(),
        "patient" => patient(),
        "metrics" => metrics(),
        "ready" => ready(),
        "own parts" => own_parts(),
        "own provider" => own_provider(),
        "many services" => many_services(),
        "many regions" => many_regions(),
        "axum server" => axum_server(),
        #[cfg(feature = "actix-web")]
        "actix server" => actix_server(),
        "second subscriber" => second_subscriber(),
        _ => panic!("no such program: {program}"),
    }
}

/// Everything in one runtime.
fn in_runtime(builder: &mut Builder) {
    let runtime = builder.enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let guard = otlp::init().expect("a pipeline");
        tracing::info!("the log is written");
        request().await;
        shut_down(guard);
    });
}

/// Counts, and waits for a line.
fn metrics() {
    let guard = otlp::init().expect("a pipeline");
    Runtime::new().expect("a runtime").block_on(request());
    global::meter("shop").u64_counter("orders").build().add(3, &[]);
    println!("counted: 3");
    std::io::stdin().read_line(&mut String::new()).expect("a line");
    shut_down(guard);
}

/// Lets the guard drop, as the documentation's program does.
fn ready() {
    let _guard = otlp::init().expect("a pipeline");
    Runtime::new().expect("a runtime").block_on(request());
}

/// A Resource, a layer and a subscriber of the application's own.
fn own_parts() {
    use tracing_subscriber::layer::SubscriberExt as _;

    struct Prints;

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Prints {
        fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            if event.metadata().target().starts_with("otlp::program") {
                println!("layer: seen");
            }
        }
    }

    let resource = opentelemetry_sdk::Resource::builder_empty().with_service_name("by the program").build();
    let builder = otlp::builder().resource(resource).layer(Prints);
    let builder = match env::var("OWN_SERVICE_GRAPH") {
        Ok(on) => builder.service_graph(on == "on"),
        Err(_) => builder,
    };
    let guard = match env::var_os("OWN_SUBSCRIBER") {
        Some(_) => builder.subscriber(|spans| tracing_subscriber::registry().with(spans)).init(),
        None => builder.init(),
    };
    let guard = guard.expect("a pipeline");
    tracing::info!("the log is written");
    Runtime::new().expect("a runtime").block_on(request());
    shut_down(guard);
}

/// The exporter in a provider of the application's own.
fn own_provider() {
    let exporter = otlp::Exporter::from_env().expect("an exporter");
    let exporter = match env::var("OWN_SERVICE_GRAPH") {
        Ok(on) => exporter.service_graph(on == "on"),
        Err(_) => exporter,
    };
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    global::set_tracer_provider(provider.clone());
    global::set_text_map_propagator(opentelemetry_sdk::propagation::TraceContextPropagator::new());
    Runtime::new().expect("a runtime").block_on(request());
    provider.shutdown().expect("all is sent");
}

/// Sends its spans at once, and then waits for a line.
fn patient() {
    let guard = otlp::init().expect("a pipeline");
    global::meter("shop").u64_counter("orders").build().add(3, &[]);
    Runtime::new().expect("a runtime").block_on(request());
    std::io::stdin().read_line(&mut String::new()).expect("a line");
    shut_down(guard);
}

fn debug() {
    let exporter = otlp::Exporter::from_env().expect("an exporter");
    println!("exporter: {exporter:?}");
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    println!("provider: {provider:?}");
    println!("guard: {:?}", otlp::init().expect("a pipeline"));
}

fn log() {
    let guard = otlp::init().expect("a pipeline");
    log::warn!("by the log crate");
    Runtime::new().expect("a runtime").block_on(request_with(&[("baggage", &"x,".repeat(4_000))]));
    shut_down(guard);
}

/// A hundred gateways, which are a hundred Resources.
fn many_services() {
    let guard = otlp::init().expect("a pipeline");
    for number in 0..100 {
        let name = opentelemetry::KeyValue::new("service.name", format!("{number}.example"));
        let tracer = global::tracer("many");
        drop(tracer.span_builder("span").with_attributes([name]).start(&tracer));
    }
    shut_down(guard);
}

/// One gateway, of which a client says a hundred regions.
fn many_regions() {
    let guard = otlp::init().expect("a pipeline");
    Runtime::new().expect("a runtime").block_on(async {
        for number in 0..100 {
            request_from(&format!("eu-west-{number}"), &[]).await;
        }
    });
    shut_down(guard);
}

/// A request without the gateway's headers.
fn past_the_gateway() {
    let guard = otlp::init().expect("a pipeline");
    let sampled = env::var("SAMPLED").expect("flags");
    let request = Request::builder()
        .header("traceparent", format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{sampled}"))
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let service = ServiceBuilder::new()
        .layer(ApiGatewayInferredSpan::new().enabled(env::var_os("DISABLED").is_none()))
        .layer(TraceLayer::new_for_http().make_span_with(apigateway_inferred_span::server_span))
        .service_fn(|_| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) });
    Runtime::new().expect("a runtime").block_on(async {
        let _span = env::var_os("CONNECTION").map(|_| tracing::info_span!("connection").entered());
        service.oneshot(request).await.expect("infallible");
    });
    shut_down(guard);
}

/// The program of the documentation.
fn axum_server() {
    Runtime::new().expect("a runtime").block_on(async {
        let guard = otlp::init().expect("a pipeline");
        let app = axum::Router::new()
            .route("/", axum::routing::get(|| async { "ok" }))
            .layer(TraceLayer::new_for_http().make_span_with(apigateway_inferred_span::server_span))
            .layer(ApiGatewayInferredSpan::new().enabled(true));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("listening: {}", listener.local_addr().expect("bound"));
        axum::serve(listener, app).with_graceful_shutdown(otlp::shutdown_signal()).await.expect("served");
        shut_down(guard);
    });
}

#[cfg(feature = "actix-web")]
fn actix_server() {
    use actix_web::{web, App, HttpServer};

    let guard = otlp::init().expect("a pipeline");
    actix_web::rt::System::new().block_on(async {
        let gateway = ApiGatewayInferredSpan::new().enabled(true);
        let server = HttpServer::new(move || {
            App::new()
                .route("/", web::get().to(|| async { "ok" }))
                .wrap(tracing_actix_web::TracingLogger::default())
                .wrap(gateway.clone())
        });
        let server = server.workers(1).bind("127.0.0.1:0").expect("a port");
        println!("listening: {}", server.addrs()[0]);
        server.run().await.expect("served");
    });
    shut_down(guard);
}

/// Sends a gateway's request to a server.
pub(crate) fn ask(address: &str) {
    let request = support::requests::RequestBuilder::documented().aged(Duration::from_millis(50)).over_http1();
    let address = address.parse().expect("an address");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let response = runtime.block_on(support::servers::exchange(address, request));
    assert_eq!(response.expect("a response").body(), "ok");
}

fn outside() {
    let guard = otlp::init().expect("a pipeline");
    Runtime::new().expect("a runtime").block_on(request());
    let start = Instant::now();
    drop(guard);
    println!("drop took: {}", start.elapsed().as_millis());
}

pub(crate) fn shut_down(guard: Guard) {
    let start = Instant::now();
    println!("shutdown: {:?}", guard.shutdown());
    println!("shutdown took: {}", start.elapsed().as_millis());
}

/// A request that a gateway took 50 ms ago, for a client that traces, or doesn't sample (`SAMPLED=00`).
async fn request() {
    request_with(&[]).await;
}

async fn request_with(headers: &[(&str, &str)]) {
    request_from("eu-west-1", headers).await;
}

async fn request_from(region: &str, headers: &[(&str, &str)]) {
    let sampled = env::var("SAMPLED").unwrap_or("01".to_owned());
    let time = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("later") - Duration::from_millis(50);
    let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
    let request = request
        .header("x-dd-proxy", "aws-apigateway")
        .header("x-dd-proxy-request-time-ms", time.as_millis().to_string())
        .header("x-dd-proxy-domain-name", "api.example.com")
        .header("x-dd-proxy-region", region)
        .header("traceparent", format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{sampled}"))
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let service = ServiceBuilder::new()
        .layer(ApiGatewayInferredSpan::new().enabled(true))
        .layer(TraceLayer::new_for_http())
        .service_fn(|_| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) });
    let start = Instant::now();
    let response = service.oneshot(request).await.expect("infallible");
    println!("status: {}", response.status().as_u16());
    drop(response);
    println!("request took: {}", start.elapsed().as_millis());
}

/// What the global propagator finds in a client's headers, and what it writes of it.
fn propagate() {
    let _guard = otlp::init().expect("a pipeline");
    let headers = HashMap::from([
        ("traceparent".to_owned(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        ("baggage".to_owned(), "customer=7".to_owned()),
    ]);
    let mut written = HashMap::new();
    let context = global::get_text_map_propagator(|propagator| {
        let context = propagator.extract_with_context(&Context::new(), &headers);
        propagator.inject_context(&context, &mut written);
        context
    });
    println!("parent: {}", context.span().span_context().span_id());
    println!("customer: {:?}", context.baggage().get("customer"));
    let mut written: Vec<_> = written.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    written.sort();
    println!("written: {written:?}");
}

fn fail() {
    let error = otlp::init().expect_err("no pipeline");
    println!("error: {error}");
    println!("as main prints it: {error:?}");
    // Nothing was set: the next one is the first.
    env::vars().for_each(|(name, _)| env::remove_var(name));
    println!("then: {:?}", otlp::init().map(drop).map_err(|error| error.to_string()));
}

fn second_subscriber() {
    let log = tracing_subscriber::fmt().with_ansi(false).finish();
    tracing::subscriber::set_global_default(log).expect("the first");
    println!("error: {}", otlp::init().expect_err("the second"));
    tracing::info!("the first one still writes");
}
