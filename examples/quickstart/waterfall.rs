//! A trace in a terminal, 100 columns wide.

use std::fmt::Write as _;

use crate::common::bar::{bar, fit};
use crate::common::paint::{Colour, Paint};
use crate::common::rows::Row;
use crate::common::scale::{milliseconds, Scale};
use crate::common::span;
use crate::trace::Trace;

const INTRODUCTION: &str = "\
Eight requests to an application behind an API gateway, and the traces they left. The first span of
each is the gateway's, made from the headers it sends; below it is the application's server span.
";

const WIDTH: usize = 100;
const SERVICE: usize = 15;
const NAME: usize = 34;
const BAR: usize = 22;

pub(crate) fn introduction(paint: Paint) -> String {
    paint.paint(Colour::Dim, INTRODUCTION) + "\n"
}

pub(crate) fn waterfall(trace: &Trace, paint: Paint) -> String {
    let mut text = header(trace, paint);
    let scale = Scale { time: trace.duration(), length: (2 * BAR) as f64 };
    for row in trace.rows() {
        text += &line(&row, &scale, paint);
    }
    text.push('\n');
    text
}

/// What was asked, what came of it, and the trace's id at the right.
fn header(trace: &Trace, paint: Paint) -> String {
    let request = format!("{}  ->  {}", trace.call, trace.status);
    let note = trace.call.note;
    let trace_id = match trace.spans.first() {
        Some(span) => format!("trace {}", span::trace_id(span)),
        None => "no spans".to_owned(),
    };
    let used = request.chars().count() + 2 + note.chars().count();
    let colour = if trace.status >= 500 { Colour::Error } else { Colour::Bold };
    format!(
        "{}  {note}{}\n",
        paint.paint(colour, request),
        paint.paint(Colour::Dim, format_args!("{trace_id:>0$}", WIDTH.saturating_sub(used))),
    )
}

fn line(row: &Row<'_>, scale: &Scale, paint: Paint) -> String {
    let service = Colour::of_service(row.span);
    let colour = Colour::of_outcome(row.span);
    let mut line = String::new();
    let _ = write!(
        line,
        "{} {} {} {} {} {}",
        paint.paint(service, fit(&span::service(row.span), SERVICE)),
        name(row, paint),
        paint.paint(colour, bar(row, scale, BAR)),
        paint.paint(Colour::Dim, format_args!("{:>6}", plus(row))),
        format_args!("{:>6} ms", milliseconds(span::duration(row.span))),
        paint.paint(colour, span::marked_outcome(row.span)),
    );
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

fn plus(row: &Row<'_>) -> String {
    format!("+{}", milliseconds(row.start))
}

fn name(row: &Row<'_>, paint: Paint) -> String {
    let name = match span::resource(row.span) {
        Some(resource) => format!("{} {resource}", row.span.name),
        None => row.span.name.to_string(),
    };
    let room = NAME.saturating_sub(row.branch.chars().count());
    format!("{}{}", paint.paint(Colour::Dim, &row.branch), fit(&name, room))
}
