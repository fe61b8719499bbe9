//! A meter provider of each test's own, and what it has recorded.

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use serde_json::{json, Value};

/// A provider and an exporter that keeps what it is given.
pub struct Meters {
    pub provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

/// The data point of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub metric: String,
    pub unit: String,
    /// A JSON object.
    pub attributes: Value,
    /// Of a histogram.
    pub count: u64,
    pub sum: f64,
    pub boundaries: Vec<f64>,
}

impl Meters {
    pub fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        Self { provider: SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build(), exporter }
    }

    /// All points, as an SDK's reader collects them now.
    pub fn read(&self) -> Vec<Point> {
        self.exporter.reset();
        self.provider.force_flush().expect("collected");
        let collected = self.exporter.get_finished_metrics().expect("collected");
        let metrics = collected.iter().flat_map(|resource| resource.scope_metrics()).flat_map(|scope| {
            assert_eq!(scope.scope().name(), "apigateway-inferred-span");
            scope.metrics()
        });
        metrics.flat_map(points).collect()
    }

    /// Gives its part of the provider up.
    pub fn into_exporter(self) -> InMemoryMetricExporter {
        self.exporter.reset();
        self.exporter
    }

    /// The points of one metric.
    pub fn read_one(&self, metric: &str) -> Vec<Point> {
        self.read().into_iter().filter(|point| point.metric == metric).collect()
    }
}

fn points(metric: &opentelemetry_sdk::metrics::data::Metric) -> Vec<Point> {
    let point = |attributes: Value, count, sum, boundaries| Point {
        metric: metric.name().to_owned(),
        unit: metric.unit().to_owned(),
        attributes,
        count,
        sum,
        boundaries,
    };
    match metric.data() {
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => histogram
            .data_points()
            .map(|data| point(object(data.attributes()), data.count(), data.sum(), data.bounds().collect()))
            .collect(),
        AggregatedMetrics::I64(MetricData::Sum(sum)) => {
            assert!(!sum.is_monotonic());
            sum.data_points().map(|data| point(object(data.attributes()), 0, data.value() as f64, Vec::new())).collect()
        }
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            assert!(sum.is_monotonic());
            sum.data_points().map(|data| point(object(data.attributes()), 0, data.value() as f64, Vec::new())).collect()
        }
        other => panic!("unexpected kind of metric {}: {other:?}", metric.name()),
    }
}

fn object<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Value {
    let pairs = attributes.map(|attribute| {
        let value = match &attribute.value {
            opentelemetry::Value::Bool(value) => json!(value),
            opentelemetry::Value::I64(value) => json!(value),
            opentelemetry::Value::String(value) => json!(value.as_str()),
            other => panic!("unexpected kind of attribute: {other:?}"),
        };
        (attribute.key.to_string(), value)
    });
    Value::Object(pairs.collect())
}
