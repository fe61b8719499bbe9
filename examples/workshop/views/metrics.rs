//! A table of the application's metrics and the gateway's own, by stage and route.

use crate::common::paint::{Colour, Paint};
use crate::common::scale::milliseconds;
use crate::figures::{Application, Percentiles, Tally};
use crate::gateway::Figures;
use crate::run::Run;

const INTRODUCTION: &str = "\
The application's metrics and the gateway's own, by stage and route. Durations are in milliseconds.
The application's percentiles are interpolated from the buckets of a histogram. The gateway's are
exact, and its latency includes the requests that it answered alone.";

const LABEL: usize = 28;

pub(crate) fn metrics(run: &Run, paint: Paint) -> String {
    let mut text = super::heading("1. Metrics", INTRODUCTION, paint);
    text += &head(paint);
    let (mut application, mut gateway) = (Application::default(), Figures::default());
    for (route, figures) in &run.counts {
        let ours = run.metrics.by_route.get(route).cloned().unwrap_or_default();
        text += &rows(&route.to_string(), &ours, figures, paint);
        application.merge(&ours);
        gateway.merge(figures);
    }
    text + &rows("all", &application, &gateway, paint)
}

fn head(paint: Paint) -> String {
    let groups = format!("{:LABEL$}{:>18}{:>21}{:>21}{:>9}\n", "", "", "latency", "integration", "overhead");
    let columns = format!(
        "{:LABEL$}{:>8}{:>5}{:>5}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}{:>9}\n",
        "", "count", "4xx", "5xx", "p50", "p90", "p99", "p50", "p90", "p99", "p50",
    );
    paint.paint(Colour::Dim, groups + &columns)
}

fn rows(label: &str, application: &Application, gateway: &Figures, paint: Paint) -> String {
    let ours = row(application.tally, &application.latency, &application.integration, &application.overhead);
    let theirs = row(gateway.all, &gateway.latency, &gateway.integration, &gateway.overhead);
    format!(
        "{}\n{}\n{}\n{}",
        paint.paint(Colour::Bold, label),
        paint.paint(Colour::Application, format_args!("{:LABEL$}{ours}", "  application")),
        paint.paint(Colour::Gateway, format_args!("{:LABEL$}{theirs}", "  gateway")),
        alone(gateway, paint),
    )
}

fn row(
    tally: Tally,
    latency: &impl Percentiles,
    integration: &impl Percentiles,
    overhead: &impl Percentiles,
) -> String {
    let Tally { count, client_errors, server_errors, .. } = tally;
    let mut row = format!("{count:>8}{client_errors:>5}{server_errors:>5}");
    for durations in [latency as &dyn Percentiles, integration] {
        for percent in [50.0, 90.0, 99.0] {
            row += &cell(durations, percent, 7);
        }
    }
    row + &cell(overhead, 50.0, 9)
}

fn cell(durations: &dyn Percentiles, percent: f64, width: usize) -> String {
    format!("{:>width$}", durations.percentile(percent).map_or("-".to_owned(), milliseconds))
}

/// What the application can't know of.
fn alone(gateway: &Figures, paint: Paint) -> String {
    if gateway.alone.count == 0 {
        return String::new();
    }
    let statuses = gateway.alone_by_status.iter().map(|(status, count)| format!("{count} with {status}"));
    let statuses = statuses.collect::<Vec<_>>().join(", ");
    let text = format!("{:LABEL$}{:>8}  only the gateway saw: {statuses}\n", "  gateway alone", gateway.alone.count);
    paint.paint(Colour::Dim, text)
}
