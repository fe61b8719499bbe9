//! What else observes the exchanges: metrics and the access log, as far as the crate is built with them.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::Arc;

use apigateway_inferred_span::{ApiGatewayInferredSpan, Stats};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Counts the lines of the access log.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccessLogLines(Arc<AtomicU64>);

impl AccessLogLines {
    pub(crate) fn counter<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> {
        Counter(Arc::clone(&self.0)).with_filter(filter_fn(|metadata| metadata.target() == "apigateway::access"))
    }
}

struct Counter(Arc<AtomicU64>);

impl<S: Subscriber> Layer<S> for Counter {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, SeqCst);
    }
}

pub(crate) struct Observers {
    lines: AccessLogLines,
    #[cfg(feature = "metrics")]
    meters: support::metrics::Meters,
}

impl Observers {
    pub(crate) fn new(lines: AccessLogLines) -> Self {
        Self {
            lines,
            #[cfg(feature = "metrics")]
            meters: support::metrics::Meters::new(),
        }
    }

    pub(crate) fn observe(&self, layer: ApiGatewayInferredSpan) -> ApiGatewayInferredSpan {
        #[cfg(feature = "metrics")]
        let layer = layer.meter_provider(&self.meters.provider);
        #[cfg(feature = "access-log")]
        let layer = layer.access_log(true);
        layer
    }

    /// Each exchange has a line and a duration, each rejection is counted by its reason, and no request is left active.
    pub(crate) fn check(&self, stats: &Stats) {
        let exchanges = stats.accepted() + stats.deferred();
        let lines = self.lines.0.load(SeqCst);
        assert_eq!(lines, if cfg!(feature = "access-log") { exchanges } else { 0 });
        #[cfg(feature = "metrics")]
        self.check_metrics(stats, exchanges);
    }

    #[cfg(feature = "metrics")]
    fn check_metrics(&self, stats: &Stats, exchanges: u64) {
        let points = self.meters.read();
        let of = |metric| points.iter().filter(move |point| point.metric == metric);
        assert_eq!(of("inferred_gateway.integration.duration").map(|point| point.count).sum::<u64>(), exchanges);
        let active: Vec<_> = of("inferred_gateway.active_requests").collect();
        assert!(!active.is_empty() && active.iter().all(|point| point.sum == 0.0), "{active:?}");
        let mut rejected: Vec<_> = of("inferred_gateway.rejected_requests")
            .map(|point| (point.attributes["reason"].as_str().expect("a reason").to_owned(), point.sum as u64))
            .collect();
        let others = ["accepted", "deferred", "no_tracer_provider"];
        let mut expected: Vec<_> = stats
            .iter()
            .filter(|(code, count)| *count > 0 && !others.contains(code))
            .map(|(code, count)| (code.to_owned(), count))
            .collect();
        rejected.sort();
        expected.sort();
        assert_eq!(rejected, expected);
        println!("metrics: {} series, active requests back to 0", points.len());
    }
}
