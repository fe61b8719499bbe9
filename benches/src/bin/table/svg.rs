//! The chart. It brings its own background, so that it reads the same on a light page and on a dark one.

use std::fmt::Write as _;

use benches::others::{OTEL_AXUM, OTEL_TOWER, TRACE_LAYER, TRACE_LAYER_OTEL, TRACE_LAYER_SPAN};

use crate::measured::Measured;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 392.0;
const RIGHT: f64 = 790.0;
const TOP: f64 = 84.0;
const ROW: f64 = 28.0;

/// Class, label, case.
const BARS: [(&str, &str, &str); 11] = [
    ("ours", "off", "tower: disabled"),
    ("ours", "on, no gateway headers", "tower: no gateway headers"),
    ("ours", "gateway, parent not sampled", "tower: unsampled parent"),
    ("ours", "gateway, sampled", "tower: sampled"),
    ("ours", "gateway, sampled, traceparent to rewrite", "tower: sampled, rewrite"),
    ("floor", "floor: a span of the SDK", "SDK floor"),
    ("other", TRACE_LAYER, TRACE_LAYER),
    ("other", OTEL_TOWER, OTEL_TOWER),
    ("other", TRACE_LAYER_SPAN, TRACE_LAYER_SPAN),
    ("other", OTEL_AXUM, OTEL_AXUM),
    ("other", TRACE_LAYER_OTEL, TRACE_LAYER_OTEL),
];

const STYLE: &str = "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;\
    fill:#e2e8f0}.end{text-anchor:end}.title{font-size:15px;font-weight:bold}.dim{fill:#94a3b8}\
    .small{font-size:11px}.ours{fill:#e879f9}.floor{fill:#94a3b8}.other{fill:#38bdf8}line{stroke:#334155}";

pub fn chart(measured: &Measured) -> String {
    let height = TOP + ROW * BARS.len() as f64 + 44.0;
    let count = |case| measured.costs.get(case).instructions;
    let most = BARS.iter().map(|(.., case)| count(case)).fold(1.0, f64::max);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\">\n<title>Instructions that a layer adds to one request</title>\n\
         <style>{STYLE}</style>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"12\" fill=\"#0f172a\" stroke=\"#334155\"/>\n\
         <text class=\"title\" x=\"28\" y=\"38\">Instructions added to one request</text>\n\
         <text class=\"small ours\" x=\"28\" y=\"60\">this layer</text>\n\
         <text class=\"small floor\" x=\"118\" y=\"60\">the least it could be</text>\n\
         <text class=\"small other\" x=\"284\" y=\"60\">layers for the application's own span</text>\n",
        WIDTH - 1.0,
        height - 1.0,
    );
    for (at, (class, label, case)) in BARS.into_iter().enumerate() {
        let y = TOP + ROW * at as f64;
        let instructions = count(case);
        let length = ((RIGHT - LEFT) * instructions / most).max(1.0);
        let _ = writeln!(
            svg,
            "<text class=\"end\" x=\"{}\" y=\"{}\">{label}</text>\n\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"16\" rx=\"2\"/>\n\
             <text class=\"{class}\" x=\"{:.1}\" y=\"{}\">{}</text>",
            LEFT - 12.0,
            y + 13.0,
            LEFT + length + 8.0,
            y + 13.0,
            thousands(instructions),
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"small dim\" x=\"28\" y=\"{}\">counted by callgrind, over the same service without a layer; \
         spans go nowhere</text>\n</svg>",
        height - 20.0
    );
    svg
}

fn thousands(number: f64) -> String {
    let number = number as u64;
    match number / 1_000 {
        0 => number.to_string(),
        thousands => format!("{thousands},{:03}", number % 1_000),
    }
}
