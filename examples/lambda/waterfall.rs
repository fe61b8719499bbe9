//! The trace of an event in a terminal.

use opentelemetry_sdk::trace::SpanData;

use crate::common::bar::{bar, fit};
use crate::common::paint::{Colour, Paint};
use crate::common::rows::{duration, rows};
use crate::common::scale::{milliseconds, Scale};
use crate::common::span;
use crate::runtime_interface::Answer;

const INTRODUCTION: &str = "\
Four events to an AWS Lambda function, and the traces they left. The first span of each is the
gateway's, made from the event; below it are the function's and the application's server span.
";

const SERVICE: usize = 15;
const NAME: usize = 40;
const BAR: usize = 22;

pub(crate) fn introduction(paint: Paint) -> String {
    paint.paint(Colour::Dim, INTRODUCTION) + "\n"
}

/// The spans of the trace in which the function's has this invocation's id.
pub(crate) fn waterfall(answer: &Answer, spans: &[SpanData], paint: Paint) -> String {
    let function = spans.iter().find(|span| span::text(span, "requestId").as_deref() == Some(&answer.request_id));
    let status = answer.status.map_or_else(|| "error".to_owned(), |status| status.to_string());
    let colour = if answer.status.is_some_and(|status| status < 500) { Colour::Bold } else { Colour::Error };
    let mut text = paint.paint(colour, format_args!("{}  ->  {status}\n", answer.title));
    let Some(function) = function else { return text + "no spans\n\n" };
    // Events of one client may share a trace: what isn't above or below the function's span is another's.
    let gateway = function.parent_span_id;
    let is_ours = |span: &&SpanData| {
        span::id(span) == gateway
            || std::iter::successors(Some(*span), |below| above(below, spans)).any(|it| span::id(it) == gateway)
    };
    let trace: Vec<SpanData> = spans.iter().filter(is_ours).cloned().collect();
    let scale = Scale { time: duration(&trace), length: (2 * BAR) as f64 };
    for row in rows(&trace) {
        let name = match span::resource(row.span) {
            Some(resource) => format!("{} {resource}", row.span.name),
            None => row.span.name.to_string(),
        };
        let room = NAME.saturating_sub(row.branch.chars().count());
        let line = format!(
            "{} {}{} {} {:>7} ms {}",
            paint.paint(Colour::of_service(row.span), fit(&span::service(row.span), SERVICE)),
            paint.paint(Colour::Dim, &row.branch),
            fit(&name, room),
            paint.paint(Colour::of_outcome(row.span), bar(&row, &scale, BAR)),
            milliseconds(span::duration(row.span)),
            paint.paint(Colour::of_outcome(row.span), span::marked_outcome(row.span)),
        );
        text += line.trim_end();
        text.push('\n');
    }
    text + "\n"
}

fn above<'s>(span: &SpanData, spans: &'s [SpanData]) -> Option<&'s SpanData> {
    spans.iter().find(|other| span::id(other) == span.parent_span_id)
}
