//! The traces of a success and of a timeout, side by side.

use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;

use crate::common::bar::{bar, fit};
use crate::common::paint::{Colour, Paint};
use crate::common::rows::{self, Row};
use crate::common::scale::{milliseconds, Scale};
use crate::common::span;
use crate::run::{is_timeout, Run};

const INTRODUCTION: &str = "\
A success and a timeout, on the same scale. The first span of each is the gateway's. Below it are
the application's, which end early if the gateway gives up.";

/// Of one waterfall, in columns: name, bar, duration and outcome.
const WIDTH: usize = 48;
const NAME: usize = 19;
const BAR: usize = 12;
const GAP: &str = "    ";

pub(crate) fn waterfalls(run: &Run, paint: Paint) -> String {
    let success = trace(run, |gateway| !span::is_error(gateway) && span::outcome(gateway).starts_with('2'));
    let timeout = trace(run, is_timeout);
    let longest = [&success, &timeout].map(|spans| rows::duration(spans)).into_iter().max().unwrap_or_default();
    let scale = Scale { time: longest, length: (2 * BAR) as f64 };

    let [left, right] = [success, timeout].map(|spans| waterfall(&spans, &scale, paint));
    let mut text = super::heading("3. Traces", INTRODUCTION, paint);
    for index in 0..left.len().max(right.len()) {
        let [left, right] = [&left, &right].map(|lines| lines.get(index).cloned().unwrap_or_else(|| " ".repeat(WIDTH)));
        text += format!("{left}{GAP}{right}").trim_end();
        text.push('\n');
    }
    text
}

/// The spans of the first trace whose gateway span is wanted. Empty if there is none.
fn trace(run: &Run, wanted: impl Fn(&SpanData) -> bool) -> Vec<SpanData> {
    let Some(trace) = run.gateway_spans().find(|gateway| wanted(gateway)).map(span::trace_id) else {
        return Vec::new();
    };
    run.spans.iter().filter(|span| span::trace_id(span) == trace).cloned().collect()
}

/// Lines of the same number of columns each.
fn waterfall(spans: &[SpanData], scale: &Scale, paint: Paint) -> Vec<String> {
    let rows = rows::rows(spans);
    let Some(first) = rows.first() else {
        return vec![fit("there is none", WIDTH)];
    };
    let request = span::resource(first.span).unwrap_or_default();
    let title = format!("{request}  ->  {}", span::outcome(first.span));
    let trace = format!("trace {}", span::trace_id(first.span));
    let mut lines = vec![
        paint.paint(if span::is_error(first.span) { Colour::Error } else { Colour::Bold }, fit(&title, WIDTH)),
        paint.paint(Colour::Dim, fit(&trace, WIDTH)),
    ];
    lines.extend(rows.iter().map(|row| line(row, scale, paint)));
    lines
}

fn line(row: &Row<'_>, scale: &Scale, paint: Paint) -> String {
    let colour = Colour::of_outcome(row.span);
    let name = fit(&format!("{}{}", row.branch, name(row.span)), NAME);
    let duration = format!("{:>5} ms", milliseconds(span::duration(row.span)));
    format!(
        "{} {} {duration} {}",
        paint.paint(Colour::of_service(row.span), name),
        paint.paint(colour, bar(row, scale, BAR)),
        paint.paint(colour, fit(&span::marked_outcome(row.span), 6)),
    )
}

/// The service of a server's span: its name is in the title.
fn name(span: &SpanData) -> String {
    match span.span_kind {
        SpanKind::Server => span::service(span).into_owned(),
        _ => span.name.to_string(),
    }
}
