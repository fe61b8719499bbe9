//! Draws the whole cost as an SVG, from the rows of `results.csv` on standard input. The chart brings its own background,
//! so that it reads the same on a light page and on a dark one.

use std::io;

const BARS: [(&str, &str); 5] = [
    ("ours", "this layer without gateway headers"),
    ("ours", "this layer"),
    ("other", "OtelAxumLayer"),
    ("other", "opentelemetry-instrumentation-tower"),
    ("ours", "this layer + OtelAxumLayer"),
];
const STYLE: &str = "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;\
    fill:#e2e8f0}.end{text-anchor:end}.title{font-size:15px;font-weight:bold}.small{font-size:11px;fill:#94a3b8}\
    .ours{fill:#e879f9}.other{fill:#38bdf8}.exporter{opacity:.5}";
const LEFT: f64 = 300.0;
const RIGHT: f64 = 790.0;

fn main() {
    let rows: Vec<_> = io::stdin().lines().map(|line| line.expect("text")).collect();
    let value = |case: &str, measure: &str| -> f64 {
        let start = format!("whole cost,{case},{measure} over bare,");
        let value = rows.iter().find_map(|row| row.strip_prefix(&start));
        value.unwrap_or_else(|| panic!("no row {start:?}")).parse::<f64>().expect("a number").max(0.0)
    };
    let most = BARS.iter().map(|(_, case)| value(case, "CPU us")).fold(1.0, f64::max);
    let scale = (RIGHT - LEFT) / most;

    println!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 250\" width=\"860\" height=\"250\" role=\"img\">\n\
         <title>CPU time that tracing adds to one request</title>\n<style>{STYLE}</style>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"859\" height=\"249\" rx=\"12\" fill=\"#0f172a\" stroke=\"#334155\"/>\n\
         <text class=\"title\" x=\"24\" y=\"34\">CPU time added to one request of an axum server, in µs</text>\n\
         <text class=\"small\" x=\"24\" y=\"54\">exporting by OTLP over HTTP; \
         solid: the thread that serves the request, faded: the exporter's threads</text>"
    );
    for ((class, case), row) in BARS.into_iter().zip(0..) {
        let (all, request) = (value(case, "CPU us"), value(case, "CPU us of the request's thread"));
        let y = 76 + 32 * row;
        println!(
            "<text class=\"end\" x=\"{}\" y=\"{}\">{case}</text>\n\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"18\"/>\n\
             <rect class=\"{class} exporter\" x=\"{:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"18\"/>\n\
             <text x=\"{:.1}\" y=\"{}\">{all:.1}</text>",
            LEFT - 12.0,
            y + 14,
            request * scale,
            LEFT + request * scale,
            (all - request).max(0.0) * scale,
            LEFT + all * scale + 8.0,
            y + 14,
        );
    }
    println!("</svg>");
}
