//! A subscriber's layer that writes access-log events as the gateway would.

use std::io::{self, Write as _};

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::Layer;

use super::line::Line;
use super::TARGET;

/// Writes each access-log event to standard output, as the JSON line that the gateway's stage writes of the same request
/// with the log format of [our page on logs][page]: the same keys in the same order and with the same types.
///
/// `trace_id`, `span_id`, `dd.trace_id` and `dd.span_id` follow the gateway's keys if there is a span. Text without a
/// value is `-`, as in the gateway's log. Events of other targets are left to other layers; if one of those writes to
/// the same place, let it leave out the target [`TARGET`](super::TARGET).
///
/// ```
/// use apigateway_inferred_span::access_log;
/// use tracing_subscriber::filter::filter_fn;
/// use tracing_subscriber::prelude::*;
///
/// let log = tracing_subscriber::fmt::layer().with_filter(filter_fn(|event| event.target() != access_log::TARGET));
/// tracing_subscriber::registry().with(log).with(access_log::json()).init();
/// ```
///
/// [page]: https://github.com/apigateway-inferred-span/apigateway-inferred-span/blob/main/docs/metrics-and-logs.md
pub fn json<S>() -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    json_with_writer(io::stdout)
}

/// The same as [`json`], to another writer.
///
/// ```
/// use apigateway_inferred_span::access_log;
/// use tracing_subscriber::prelude::*;
///
/// tracing_subscriber::registry().with(access_log::json_with_writer(std::io::stderr)).init();
/// ```
pub fn json_with_writer<S, W>(make_writer: W) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // A filter of its own, so that it neither turns on what other layers don't want nor off what they do.
    // By a field as well: an event of somebody else's with this target is no line.
    let is_ours = filter_fn(|metadata| {
        metadata.is_event() && metadata.target() == TARGET && metadata.fields().field("integrationLatency").is_some()
    });
    Json { make_writer }.with_filter(is_ours.with_max_level_hint(LevelFilter::INFO))
}

#[derive(Debug)]
struct Json<W> {
    make_writer: W,
}

impl<S, W> Layer<S> for Json<W>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // In one piece, so that lines of several threads don't mix. There is nobody to tell of an error.
        let _ = self.make_writer.make_writer_for(event.metadata()).write_all(&Line::of(event));
    }
}
