//! The code that people copy out of README and the docs.

use apigateway_inferred_span::{server_span, ApiGatewayInferredSpan};
use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use axum::Router;
use opentelemetry::trace::{SpanKind, TracerProvider as _};
use tower::ServiceExt as _;
use tower_http::trace::TraceLayer;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::sources::files;
use support::requests::RequestBuilder;
use support::spans::Recorder;

const README: &str = include_str!("../../README.md");

/// Every page with code in it.
const PAGES: [(&str, &str); 8] = [
    ("README.md", README),
    ("src/lib.rs", include_str!("../../src/lib.rs")),
    ("src/otlp/mod.rs", include_str!("../../src/otlp/mod.rs")),
    ("docs/troubleshooting.md", include_str!("../../docs/troubleshooting.md")),
    ("src/tower/server_span.rs", include_str!("../../src/tower/server_span.rs")),
    ("examples/quickstart/app.rs", include_str!("../../examples/quickstart/app.rs")),
    ("examples/workshop/app.rs", include_str!("../../examples/workshop/app.rs")),
    ("examples/axum.rs", include_str!("../../examples/axum.rs")),
];

/// The fenced blocks of a page.
fn snippets(page: &str) -> impl Iterator<Item = &str> {
    page.split("```").skip(1).step_by(2)
}

/// Every file of `src`, with the string literals of several lines joined.
fn source() -> String {
    let text: String = files("../src").into_iter().map(|(_, text)| text).collect();
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |joined, line| joined + line.trim_start())
}

#[test]
fn each_message_that_is_quoted_exists() {
    let troubleshooting = include_str!("../../docs/troubleshooting.md").lines();
    // Its code has quotes of other kinds.
    let gateway = include_str!("../../docs/gateway.md").lines().filter(|line| line.starts_with("| \""));
    let source = source();
    let quoted: Vec<_> = troubleshooting.chain(gateway).flat_map(|line| line.split('"').skip(1).step_by(2)).collect();
    let messages = quoted.iter().filter(|text| text.contains(' '));
    let mut checked = 0;
    for message in messages {
        assert!(source.contains(message), "no such message: {message:?}");
        checked += 1;
    }
    assert!(checked >= 18, "{checked}");
}

#[test]
fn trace_layers_make_server_spans() {
    let mut found = 0;
    for (page, text) in PAGES {
        let layers = text.matches(".layer(TraceLayer::new_for_http()").count();
        let ours = text.matches(".layer(TraceLayer::new_for_http().make_span_with(server_span))").count();
        let named = text.matches(".layer(TraceLayer::new_for_http().make_span_with(named_after_route))").count();
        assert_eq!(layers, ours + named, "{page}: a span of kind INTERNAL");
        assert!(text.matches("server_span_with(request,").count() >= named, "{page}: not below the gateway's");
        found += layers;
    }
    assert_eq!(found, 7, "README, the front page, `otlp`, `server_span` and three examples");
}

/// README's code, letter for letter.
#[rustfmt::skip]
fn readmes_app() -> Router {
let app = Router::new()
    .route("/orders/{id}", get(order))
    .layer(TraceLayer::new_for_http().make_span_with(server_span)) // your server span, however you make it
    .layer(ApiGatewayInferredSpan::new()); // outermost: the gateway's span above it
app
}

async fn order(Path(id): Path<u64>) -> String {
    id.to_string()
}

#[tokio::test]
async fn readmes_server_span_is_below_the_gateways() {
    let snippet = snippets(README).find(|snippet| snippet.starts_with("rust\nlet app"));
    let code = snippet.expect("README has it").trim_start_matches("rust\n");
    assert!(include_str!("readme.rs").contains(code), "README's code isn't what is run here");

    let mut recorder = Recorder::new();
    let spans = tracing_opentelemetry::layer().with_tracer(recorder.provider.tracer("test"));
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans));
    let app = readmes_app().layer(recorder.layer());
    let request = RequestBuilder::gateway().uri("/orders/42").body(Body::empty());
    let response = app.oneshot(request).await.expect("served");
    axum::body::to_bytes(response.into_body(), 16).await.expect("a body");

    let (server, gateway) = (recorder.next().await, recorder.next().await);
    assert_eq!((server.name.as_str(), server.kind.clone()), ("GET", SpanKind::Server));
    assert_eq!(gateway.name, "aws.apigateway");
    assert_eq!(server.parent, gateway.span_id);
}
