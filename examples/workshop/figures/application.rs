//! What the application's metrics say, as an SDK's reader collected them.

use std::collections::BTreeMap;

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, HistogramDataPoint, Metric, MetricData, ResourceMetrics};

use super::histogram::Histogram;
use super::Tally;
use crate::route::Route;

/// All that this crate's layer recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) by_route: BTreeMap<Route, Application>,
    /// Requests that are still counted as active.
    pub(crate) active: i64,
}

/// Of the requests of one route.
#[derive(Clone, Debug, Default)]
pub(crate) struct Application {
    pub(crate) tally: Tally,
    /// `inferred_gateway.request.duration`
    pub(crate) latency: Histogram,
    /// `inferred_gateway.integration.duration`
    pub(crate) integration: Histogram,
    /// `inferred_gateway.overhead.duration`
    pub(crate) overhead: Histogram,
}

pub(crate) fn read(collected: &[ResourceMetrics]) -> Metrics {
    let mut metrics = Metrics::default();
    let scopes = collected.iter().flat_map(ResourceMetrics::scope_metrics);
    for metric in scopes.flat_map(|scope| scope.metrics()) {
        metrics.add(metric);
    }
    metrics
}

impl Metrics {
    fn add(&mut self, metric: &Metric) {
        match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                for point in histogram.data_points() {
                    self.add_durations(metric.name(), point);
                }
            }
            AggregatedMetrics::I64(MetricData::Sum(sum)) if metric.name() == "inferred_gateway.active_requests" => {
                self.active += sum.data_points().map(|point| point.value()).sum::<i64>();
            }
            _ => {}
        }
    }

    fn add_durations(&mut self, name: &str, point: &HistogramDataPoint<f64>) {
        let application = self.by_route.entry(route(point)).or_default();
        match name {
            "inferred_gateway.request.duration" => application.latency.merge(&Histogram::of(point)),
            // The one duration that every request has: its count is the number of requests.
            "inferred_gateway.integration.duration" => {
                application.integration.merge(&Histogram::of(point));
                application.tally.add(status(point), is_timeout(point), point.count());
            }
            "inferred_gateway.overhead.duration" => application.overhead.merge(&Histogram::of(point)),
            _ => {}
        }
    }
}

impl Application {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.tally = self.tally.with(other.tally);
        self.latency.merge(&other.latency);
        self.integration.merge(&other.integration);
        self.overhead.merge(&other.overhead);
    }
}

fn route(point: &HistogramDataPoint<f64>) -> Route {
    let text = |key| attribute(point, key).map(|value| value.as_str().into_owned()).unwrap_or_default();
    Route { stage: text("stage"), resource: text("http.route"), method: text("http.request.method") }
}

/// 0 if the client got no status.
fn status(point: &HistogramDataPoint<f64>) -> u16 {
    match attribute(point, "http.response.status_code") {
        Some(Value::I64(status)) => u16::try_from(*status).unwrap_or_default(),
        _ => 0,
    }
}

fn is_timeout(point: &HistogramDataPoint<f64>) -> bool {
    attribute(point, "error.type").is_some_and(|error| error.as_str() == "timeout")
}

fn attribute<'a>(point: &'a HistogramDataPoint<f64>, key: &str) -> Option<&'a Value> {
    let mut attributes = point.attributes();
    attributes.find(|attribute: &&KeyValue| attribute.key.as_str() == key).map(|attribute| &attribute.value)
}
