//! What the gateway cost, request by request.

use std::time::Duration;

use crate::common::paint::{Colour, Paint};
use crate::common::scale::milliseconds;
use crate::common::span;
use crate::trace::Trace;

pub(crate) fn table(traces: &[Trace], paint: Paint) -> String {
    let head = format!("{:<40} {:>12} {:>12} {:>12}\n", "milliseconds", "gateway", "application", "overhead");
    let mut text = paint.paint(Colour::Bold, head);
    for trace in traces {
        text += &line(trace, paint);
    }
    text
}

fn line(trace: &Trace, paint: Paint) -> String {
    let request = format!("{}  ->  {}", trace.call, trace.status);
    let gateway = trace.gateway().map(span::duration);
    let application = trace.application().map(span::duration);
    let overhead = gateway.zip(application).map(|(gateway, application)| gateway.saturating_sub(application));
    format!(
        "{request:<40} {} {} {}\n",
        paint.paint(Colour::Gateway, cell(gateway)),
        paint.paint(Colour::Application, cell(application)),
        cell(overhead),
    )
}

fn cell(time: Option<Duration>) -> String {
    format!("{:>12}", time.map_or("-".to_owned(), milliseconds))
}
