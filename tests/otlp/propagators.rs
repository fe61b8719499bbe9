//! The pipeline's own propagators: client, gateway and server span are one trace in every format, and the sampling
//! decision is the client's, or ours if the client leaves it open.

use std::time::Duration;

use apigateway_inferred_span::{otlp, server_span, ApiGatewayInferredSpan};
use axum::body::Body;
use axum::middleware::{from_fn, Next};
use axum::routing::get;
use axum::Router;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use http::Request;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::Context;
use opentelemetry_instrumentation_tower::http::server::Layer as InstrumentationTower;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use support::requests::RequestBuilder;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use tower_http::trace::TraceLayer;
use tracing::Instrument as _;

use crate::program::{run, shut_down, Outcome};
use crate::receiver::{Arrived, Receiver};
use crate::{hex, List, ENDPOINT};

/// What makes the server span, and from what.
#[derive(Clone, Copy, Debug)]
enum Stack {
    /// From the current context.
    Current,
    /// As `Current`, with a span around the connection.
    InsideASpan,
    /// From headers.
    Headers,
    OtherHeaders,
    /// From headers, in another task, where nothing is current.
    Spawned,
}

const STACKS: [Stack; 5] = [Stack::Current, Stack::InsideASpan, Stack::Headers, Stack::OtherHeaders, Stack::Spawned];

impl Stack {
    fn app(self, routes: Router) -> Router {
        let spawn =
            |request: Request<Body>, next: Next| async { tokio::spawn(next.run(request)).await.expect("no panic") };
        let app = match self {
            Self::Current | Self::InsideASpan => routes.layer(TraceLayer::new_for_http().make_span_with(server_span)),
            Self::Headers => routes.layer(OtelAxumLayer::default()),
            Self::OtherHeaders => routes.layer(InstrumentationTower::new()),
            Self::Spawned => routes.layer(OtelAxumLayer::default()).layer(from_fn(spawn)),
        };
        app.layer(ApiGatewayInferredSpan::new().enabled(true))
    }
}

/// Sends a request of each client through each stack, and says of the handler's span: `trace span sampled`. The clients
/// are their headers, in JSON.
pub(crate) fn program(clients: &str) {
    let clients: Vec<Vec<(String, String)>> = serde_json::from_str(clients).expect("clients");
    let guard = otlp::init().expect("a pipeline");
    Runtime::new().expect("a runtime").block_on(async {
        for (number, client) in clients.iter().enumerate() {
            for stack in STACKS {
                let request = request(stack, client, format!("{stack:?} {number}"));
                match stack {
                    Stack::InsideASpan => request.instrument(tracing::info_span!("connection")).await,
                    _ => request.await,
                }
            }
        }
    });
    shut_down(guard);
}

async fn request(stack: Stack, client: &[(String, String)], subject: String) {
    let handler = move || async move {
        let context = Context::current();
        let span = context.span().span_context().clone();
        println!("{subject}: {} {} {}", span.trace_id(), span.span_id(), span.is_sampled());
    };
    let request = RequestBuilder::documented().aged(Duration::from_millis(50));
    let request = client.iter().fold(request, |request, (name, value)| request.set(name, value));
    let app = stack.app(Router::new().fallback(get(handler)));
    let response = app.oneshot(request.body(Body::empty())).await.expect("infallible");
    axum::body::to_bytes(response.into_body(), 16).await.expect("whole");
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const LOWER: &str = "0000000000000000a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// The client's trace if it names a span, and whether the application's spans are sampled.
type Expected = (Option<&'static str>, bool);

fn check(propagators: &str, sampler: &str, clients: &[(List<'_>, Expected)]) {
    let headers: Vec<_> = clients.iter().map(|(headers, _)| headers).collect();
    let headers = serde_json::to_string(&headers).expect("JSON");
    let receiver = Receiver::http();
    let url = receiver.url();
    let variables = [
        (ENDPOINT, url.as_str()),
        ("OTEL_PROPAGATORS", propagators),
        ("OTEL_TRACES_SAMPLER", sampler),
        ("CLIENTS", &headers),
    ];
    let outcome = run("propagators", &variables);
    let mut spans = receiver.spans();
    spans.retain(|arrived| arrived.span.name != "connection");
    let mut sampled = 0;
    for (number, (headers, expected)) in clients.iter().enumerate() {
        for stack in STACKS {
            let subject = format!("{stack:?} {number}");
            check_request(&outcome, &subject, &spans, *expected, &format!("{propagators}, {stack:?}, {headers:?}"));
            sampled += usize::from(expected.1);
        }
    }
    assert_eq!(spans.len(), 2 * sampled, "{propagators}");
}

fn check_request(outcome: &Outcome, subject: &str, spans: &[Arrived], (parent, sampled): Expected, context: &str) {
    let said: Vec<_> = outcome.says(subject).split(' ').collect();
    let [trace, span, is_sampled] = said[..] else { panic!("{said:?}") };
    assert_eq!(is_sampled, sampled.to_string(), "{context}");
    assert_eq!(parent.unwrap_or(trace), trace, "{context}");
    let with_id = |id: &str| spans.iter().map(|arrived| &arrived.span).find(|span| hex(&span.span_id) == id);
    let server = with_id(span);
    assert_eq!(server.is_some(), sampled, "{context}");
    let Some(server) = server else { return };
    let gateway = with_id(&hex(&server.parent_span_id)).unwrap_or_else(|| panic!("no gateway's span, {context}"));
    assert_eq!(gateway.name, "aws.apigateway", "{context}");
    assert_eq!(gateway.trace_id, server.trace_id, "{context}");
    assert_eq!(hex(&gateway.parent_span_id), parent.map_or("", |_| SPAN), "{context}");
}

#[test]
fn b3_makes_one_trace_and_the_client_may_leave_the_decision_open() {
    let single = |value| ("b3", value);
    let (trace, span) = (("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN));
    for propagators in ["b3", "b3multi", "b3multi,tracecontext,baggage,b3"] {
        let clients: &[(List<'_>, Expected)] = &[
            (&[], (None, true)),
            (&[single("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")], (Some(TRACE), true)),
            (&[single("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0")], (Some(TRACE), false)),
            (&[single("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7")], (Some(TRACE), true)),
            (&[single("a3ce929d0e0e4736-00f067aa0ba902b7-d")], (Some(LOWER), true)),
            (&[single("0")], (None, false)),
            (&[single("1")], (None, true)),
            (&[single("none")], (None, true)),
            (&[trace, span], (Some(TRACE), true)),
            (&[trace, span, ("x-b3-sampled", "1")], (Some(TRACE), true)),
            (&[trace, span, ("x-b3-sampled", "0")], (Some(TRACE), false)),
            (&[trace, span, ("x-b3-sampled", "0"), ("x-b3-flags", "1")], (Some(TRACE), true)),
            (&[("x-b3-sampled", "0")], (None, false)),
            (&[("b3", "0"), trace, span, ("x-b3-sampled", "1")], (None, false)),
        ];
        check(propagators, "", clients);
    }
    let clients: &[(List<'_>, Expected)] = &[
        (&[], (None, false)),
        (&[single("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")], (Some(TRACE), true)),
        (&[single("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7")], (Some(TRACE), false)),
        (&[single("1")], (None, true)),
    ];
    check("b3", "parentbased_always_off", clients);
}

#[test]
fn x_ray_makes_one_trace_and_the_client_may_leave_the_decision_open() {
    let x_ray = |value| ("x-amzn-trace-id", value);
    let recorded = x_ray("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1");
    let denied = x_ray("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=0");
    let open = x_ray("sampled=?; Parent=00f067aa0ba902b7; Root=1-4bf92f35-77b34da6a3ce929d0e0e4736");
    for propagators in ["xray", "tracecontext,xray,baggage", "xray,b3"] {
        let clients: &[(List<'_>, Expected)] = &[
            (&[recorded], (Some(TRACE), true)),
            (&[denied], (Some(TRACE), false)),
            (&[open], (Some(TRACE), true)),
            (&[x_ray("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736")], (None, true)),
            (&[x_ray("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Sampled=1")], (None, true)),
            (&[x_ray("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Sampled=0")], (None, false)),
            (
                &[x_ray("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=0;sampled=1")],
                (None, true),
            ),
        ];
        check(propagators, "", clients);
    }
    check("xray", "parentbased_always_off", &[(&[recorded], (Some(TRACE), true)), (&[open], (Some(TRACE), false))]);
    // A sampler that doesn't go by its parent goes on not to.
    let without_parent = x_ray("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Sampled=0");
    check("xray", "always_on", &[(&[denied], (Some(TRACE), true)), (&[without_parent], (None, true))]);
}

#[test]
fn datadog_makes_one_trace_and_the_client_may_leave_the_decision_open() {
    let (trace, span) = (("x-datadog-trace-id", "11803532876627986230"), ("x-datadog-parent-id", "67667974448284343"));
    let priority = |value| ("x-datadog-sampling-priority", value);
    let (tags, origin) = (("x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6,_dd.p.dm=-4"), ("x-datadog-origin", "rum"));
    let traceparent = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    for propagators in ["datadog", "tracecontext,baggage,b3,b3multi,xray,datadog"] {
        let clients: &[(List<'_>, Expected)] = &[
            (&[], (None, true)),
            (&[trace, span, priority("2"), tags, origin], (Some(TRACE), true)),
            (&[trace, span, priority("-1"), tags], (Some(TRACE), false)),
            (&[trace, span, priority("1")], (Some(LOWER), true)),
            (&[trace, span, tags, origin], (Some(TRACE), true)),
            (&[trace, span, traceparent, tags], (Some(TRACE), true)),
            (&[trace, priority("0"), tags], (None, true)),
        ];
        check(propagators, "", clients);
    }
    let open: List<'_> = &[trace, span, tags, origin];
    check("datadog", "parentbased_always_off", &[(open, (Some(TRACE), false))]);
}

/// Health checks, other services, and everyone while the layer is disabled.
#[test]
fn a_request_past_the_gateway_stays_in_its_clients_trace() {
    for disabled in [&[][..], &[("DISABLED", "yes")]] {
        let receiver = Receiver::http();
        let url = receiver.url();
        run("past the gateway", &[&[(ENDPOINT, url.as_str()), ("SAMPLED", "01")], disabled].concat());
        let spans = receiver.spans();
        let [server] = &spans[..] else { panic!("{spans:?}") };
        assert_eq!((hex(&server.span.trace_id).as_str(), hex(&server.span.parent_span_id).as_str()), (TRACE, SPAN));
        assert_eq!(server.span.kind(), SpanKind::Server);

        let receiver = Receiver::http();
        let url = receiver.url();
        run("past the gateway", &[&[(ENDPOINT, url.as_str()), ("SAMPLED", "00")], disabled].concat());
        assert!(receiver.spans().is_empty(), "{disabled:?}");
    }
    // A span of the application that is current is the parent.
    let receiver = Receiver::http();
    let url = receiver.url();
    run("past the gateway", &[(ENDPOINT, &url), ("SAMPLED", "01"), ("CONNECTION", "yes")]);
    let spans = receiver.spans();
    let [connection, server] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(server.span.parent_span_id, connection.span.span_id);
}
