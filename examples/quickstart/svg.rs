//! Some of the waterfalls as a picture, with a background of its own: legible on light and on dark pages.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use crate::common::rows::Row;
use crate::common::scale::{milliseconds, Scale};
use crate::common::span;
use crate::trace::Trace;

/// The paths of the calls in the picture, each once.
const PICTURED: [&str; 3] = ["/prod/orders/42", "/prod/orders", "/prod/reports/year"];

const WIDTH: u32 = 900;
const MARGIN: u32 = 28;
const LINE: u32 = 25;
const HEADER: u32 = 54;
const GAP: u32 = 22;

const NAMES: u32 = 166;
const INDENT: u32 = 16;
const BARS: u32 = 452;
const BARS_END: u32 = 728;
const DURATIONS_END: u32 = 796;

const STYLE: &str = "\
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e2e8f0}\
.end{text-anchor:end}.middle{text-anchor:middle}\
.title{font-size:15px;font-weight:bold}.small{font-size:11px}.dim{fill:#94a3b8}\
.gateway{fill:#e879f9}.application{fill:#38bdf8}.error{fill:#fb7185}\
line{stroke:#334155}.rule{stroke-dasharray:2 3}";

pub(crate) fn picture(traces: &[Trace]) -> String {
    let mut pictured: Vec<&Trace> = Vec::new();
    for path in PICTURED {
        pictured.extend(traces.iter().find(|trace| trace.call.path == path));
    }

    let mut drawing = Drawing::default();
    let mut top = MARGIN;
    for (index, trace) in pictured.into_iter().enumerate() {
        if index > 0 {
            drawing.horizontal(top);
            top += GAP;
        }
        top = drawing.trace(trace, top) + GAP;
    }
    let height = top + MARGIN - GAP;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\">\n<title>Three traces: the gateway's span above the application's own</title>\n\
         <style>{STYLE}</style>\n<rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"12\" fill=\"#0f172a\" \
         stroke=\"#334155\"/>\n{}</svg>\n",
        WIDTH - 1,
        height - 1,
        drawing.elements,
    )
}

#[derive(Default)]
struct Drawing {
    elements: String,
}

impl Drawing {
    /// Draws from `top` downwards, and says where it stopped.
    fn trace(&mut self, trace: &Trace, top: u32) -> u32 {
        let rows = trace.rows();
        let first = top + HEADER;
        let bottom = first + LINE * u32::try_from(rows.len()).unwrap_or_default();
        let scale = Scale { time: trace.duration(), length: f64::from(BARS_END - BARS) };
        self.header(trace, top);
        self.axis(&scale, first, bottom);
        for (row, y) in rows.iter().zip((first..).step_by(LINE as usize)) {
            self.row(row, &scale, y);
        }
        bottom
    }

    fn header(&mut self, trace: &Trace, top: u32) {
        let class = if trace.status >= 500 { "title error" } else { "title" };
        let title = format!("{} -> {}", trace.call, trace.status);
        self.text(class, MARGIN, top + 14, title);
        self.text("end dim", WIDTH - MARGIN, top + 14, trace.call.note);
    }

    /// Lines at round times, behind the bars.
    fn axis(&mut self, scale: &Scale, first: u32, bottom: u32) {
        let step = round_step(scale.time);
        let mut time = Duration::ZERO;
        while time <= scale.time {
            let x = BARS + scale.at(time) as u32;
            self.text("small dim middle", x, first - 8, time.as_millis());
            self.element(format_args!("<line class=\"rule\" x1=\"{x}\" y1=\"{first}\" x2=\"{x}\" y2=\"{bottom}\"/>"));
            time += step;
        }
        self.text("small dim end", DURATIONS_END, first - 8, "ms");
    }

    fn row(&mut self, row: &Row<'_>, scale: &Scale, top: u32) {
        let baseline = top + 17;
        let class = outcome_class(row.span);
        let depth = row.branch.chars().count() / 3;
        let indent = INDENT * u32::try_from(depth).unwrap_or_default();
        let duration = span::duration(row.span);
        let service = span::service(row.span);
        self.text(service_class(row.span), MARGIN, baseline, service);
        self.text("", NAMES + indent, baseline, &row.span.name);
        if let Some(resource) = span::resource(row.span) {
            let after = 8 * u32::try_from(row.span.name.chars().count() + 1).unwrap_or_default();
            self.text("dim", NAMES + indent + after, baseline, resource);
        }
        self.element(format_args!(
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"13\" rx=\"2\"/>",
            f64::from(BARS) + scale.at(row.start),
            top + 6,
            scale.at(duration).max(2.0),
        ));
        self.text("end", DURATIONS_END, baseline, milliseconds(duration));
        self.text(&format!("end {class}"), WIDTH - MARGIN, baseline, span::outcome(row.span));
    }

    fn horizontal(&mut self, y: u32) {
        let end = WIDTH - MARGIN;
        self.element(format_args!("<line x1=\"{MARGIN}\" y1=\"{y}\" x2=\"{end}\" y2=\"{y}\"/>"));
    }

    fn text(&mut self, class: &str, x: u32, y: u32, text: impl Display) {
        let text = escape(&text.to_string());
        if !text.is_empty() {
            self.element(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"));
        }
    }

    fn element(&mut self, element: impl Display) {
        let _ = writeln!(self.elements, "{element}");
    }
}

fn service_class(span: &SpanData) -> &'static str {
    if span::is_gateway(span) {
        "gateway"
    } else {
        "application"
    }
}

fn outcome_class(span: &SpanData) -> &'static str {
    if span::is_error(span) {
        "error"
    } else {
        service_class(span)
    }
}

/// 1, 2 or 5 times a power of ten milliseconds: four steps or fewer.
fn round_step(time: Duration) -> Duration {
    let mut unit = Duration::from_millis(1);
    loop {
        let steps = [1, 2, 5].map(|factor| unit * factor);
        if let Some(step) = steps.into_iter().find(|step| *step * 4 >= time) {
            return step;
        }
        unit *= 10;
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
