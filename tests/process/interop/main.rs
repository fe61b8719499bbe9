//! Whatever makes the application's server span, it becomes the child of the gateway's span: middleware x
//! propagators x what the client sends x how the stack is built, every cell of it.
//!
//! One test, because middleware takes its tracer and propagator from the globals.
#![cfg(feature = "actix-web")]

mod apps;
mod clients;
mod propagators;

use std::fmt::Write as _;
use std::sync::mpsc::{channel, Receiver};

use opentelemetry::global;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TracerProvider};
use support::propagators::Propagator;
use support::spans::Recorder;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt;

use apps::{serve, Middleware, View};
use clients::{Client, CLIENTS};
use propagators::that_write;

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
                    .with_target("tower_http::trace::make_span", tracing::Level::INFO)
                    .with_target("otel::tracing", tracing::Level::TRACE)
                    .with_target("tracing_actix_web", tracing::Level::INFO),
            )
            .with(tracing),
    );
    let system = actix_web::rt::System::new();
    let (mut cells, mut wrong) = (0, Vec::new());
    for propagator in that_write() {
        global::set_text_map_propagator(propagator.installed());
        for client in &CLIENTS {
            for (middleware, ..) in Middleware::ALL {
                for &stack in middleware.stacks(!matches!(propagator, Propagator::None)) {
                    let (sender, views) = channel();
                    let connection = stack.is_inside_a_span().then(|| tracing::info_span!("connection"));
                    let local = connection.as_ref().map(|span| span.context().span().span_context().clone());
                    let entered = connection.map(tracing::Span::entered);
                    system.block_on(serve(middleware, stack, client, sender));
                    drop(entered);
                    cells += 1;
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
    // Four of tower's make a child behind a hop, two of them by way of a propagator.
    let without_propagator = 7 * 3 + 3 * 2 + 2 * 3;
    let with_propagator = without_propagator + 2 * 3;
    assert_eq!(cells, CLIENTS.len() * (without_propagator + (that_write().count() - 1) * with_propagator));
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
    let mut table = String::from(
        "| what makes your server span | in | child of the gateway's span | behind a spawn or a buffer |\n\
         |---|---|---|---|\n",
    );
    for (middleware, name, framework, behind_a_hop) in Middleware::ALL {
        if middleware != Middleware::TracerStartActix {
            let row = format!("| {name} | {framework} | ✓ | {behind_a_hop} |");
            writeln!(table, "{}", row.replace("|  |", "| |")).expect("a string");
        }
    }
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&table), "README.md should have this table:\n{table}");
}
