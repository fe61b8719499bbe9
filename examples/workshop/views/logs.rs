//! The lines of both access logs, joined.

use crate::common::bar::fit;
use crate::common::paint::{Colour, Paint};
use crate::logs::{Line, Pair};
use crate::run::Run;

const INTRODUCTION: &str = "\
The lines of the gateway and of the application, joined on the extended request id, slowest first.
In each column the gateway's value comes first. Durations are in milliseconds.";

/// More lines than this of a kind aren't printed.
const MOST: usize = 20;

pub(crate) fn logs(run: &Run, paint: Paint) -> String {
    let mut both: Vec<&Pair> = run.logs.both.iter().collect();
    both.sort_by_key(|pair| std::cmp::Reverse(pair.gateway.latency));

    let mut text = super::heading("2. Access logs", INTRODUCTION, paint);
    let head = columns(["extended request id", "request", "status", "latency", "integration", "error", "trace"]);
    text += &paint.paint(Colour::Dim, head);
    text += &both.iter().take(MOST).map(|pair| joined(pair, paint)).collect::<String>();
    text += &more(both.len(), paint);

    let alone = &run.logs.gateway_only;
    if !alone.is_empty() {
        text += &paint.paint(Colour::Dim, "\nOnly the gateway saw:\n");
        text += &alone.iter().take(MOST).map(|line| paint.paint(Colour::Gateway, of_gateway(line))).collect::<String>();
        text += &more(alone.len(), paint);
    }
    text + &both.iter().find(|pair| pair.gateway.is_timeout()).map(|pair| whole(pair, paint)).unwrap_or_default()
}

fn joined(Pair { gateway, application }: &Pair, paint: Paint) -> String {
    let two = |theirs: Option<u64>, ours: Option<u64>| format!("{:>5}{:>6}", number(theirs), number(ours));
    let line = columns([
        &gateway.id,
        &format!("{} {}", gateway.route.method, gateway.path),
        &format!("{} {}", number(gateway.status), number(application.status)),
        &two(gateway.latency, application.latency),
        &two(gateway.integration_latency, application.integration_latency),
        application.error.as_deref().unwrap_or("-"),
        application.trace_id.as_deref().unwrap_or("-"),
    ]);
    match gateway.status {
        Some(500..=599) => paint.paint(Colour::Error, line),
        _ => line,
    }
}

fn of_gateway(line: &Line) -> String {
    columns([
        &line.id,
        &format!("{} {}", line.route.method, line.path),
        &number(line.status),
        &format!("{:>5}", number(line.latency)),
        "",
        "",
        "",
    ])
}

fn columns([id, request, status, latency, integration, error, trace]: [&str; 7]) -> String {
    let trace = fit(trace, 12);
    let line = format!("{id:<20} {request:<21} {status:<8} {latency:<12} {integration:<12} {error:<8} {trace}");
    format!("{}\n", line.trim_end())
}

fn more(total: usize, paint: Paint) -> String {
    match total.saturating_sub(MOST) {
        0 => String::new(),
        hidden => paint.paint(Colour::Dim, format_args!("... and {hidden} more\n")),
    }
}

/// The two lines of a request, as they stand in the logs.
fn whole(Pair { gateway, application }: &Pair, paint: Paint) -> String {
    format!(
        "\n{}\n{}\n{}\n{}\n",
        paint.paint(Colour::Dim, "The slowest timeout in the gateway's log:"),
        paint.paint(Colour::Gateway, &gateway.json),
        paint.paint(Colour::Dim, "The same request in the application's log:"),
        paint.paint(Colour::Application, &application.json),
    )
}

fn number(number: Option<u64>) -> String {
    number.map_or("-".to_owned(), |number| number.to_string())
}
