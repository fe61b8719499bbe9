//! What it costs to export each service under a Resource of its own.
//!
//! | case | a span of a batch of 512 |
//! |---|---|
//! | `nothing split` | straight into an exporter that drops it |
//! | `N services` | through `PerServiceExporter`, the spans taking turns among so many services |
//! | `real spans: nothing split` | spans as the layer makes them of real requests, straight |
//! | `real spans` | those through `PerServiceExporter` |
//! | `real spans with a service graph` | those as two spans each |

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::SystemTime;

use apigateway_inferred_span::export::PerServiceExporter;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter, SpanLinks};
use opentelemetry_sdk::Resource;
use tower_layer::Layer as _;

use crate::case::{Case, NOTHING};
use crate::drive::{send, Bare};
use crate::requests::Kind;
use crate::telemetry::recorded_span;
use crate::tower::layer;

/// As many as the SDK's batch processor exports at once.
pub const BATCH: usize = 512;

/// 100 is the limit by default; of 1,000, the last 900 go under the application's Resource.
const SERVICES: [usize; 5] = [1, 2, 10, 100, 1_000];

const DIRECT: &str = "nothing split";
const REAL_DIRECT: &str = "real spans: nothing split";

#[derive(Debug)]
struct Dropping;

impl SpanExporter for Dropping {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        drop(batch);
        Ok(())
    }
}

#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = vec![Case::new(DIRECT, NOTHING, || batch(1), |batch| export(&Dropping, batch))];
    cases.extend(SERVICES.map(|services| {
        let exporter = PerServiceExporter::new(|| Dropping);
        Case::new(
            format!("{services} services"),
            DIRECT,
            move || batch(services),
            move |batch| export(&exporter, batch),
        )
    }));
    cases.push(Case::new(REAL_DIRECT, NOTHING, real_batch(), |batch| export(&Dropping, batch)));
    for (name, service_graph) in [("real spans", false), ("real spans with a service graph", true)] {
        let mut exporter = PerServiceExporter::new(|| Dropping).service_graph(service_graph);
        exporter.set_resource(&Resource::builder_empty().with_service_name("orders").build());
        cases.push(Case::new(name, REAL_DIRECT, real_batch(), move |batch| export(&exporter, batch)));
    }
    cases.into_iter().map(|case| case.runs(16).units(BATCH)).collect()
}

fn export(exporter: &impl SpanExporter, batch: Vec<SpanData>) {
    let export = pin!(exporter.export(batch));
    let polled = export.poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_ready(), "nothing to wait for");
}

/// Makes batches of copies of one span of the layer's.
fn real_batch() -> impl Fn() -> Vec<SpanData> {
    let span = recorded_span(|provider| send(&mut layer(provider).layer(Bare), Kind::Root.request()));
    move || vec![span.clone(); BATCH]
}

fn batch(services: usize) -> Vec<SpanData> {
    let span = |id: usize| SpanData {
        span_context: SpanContext::new(
            TraceId::from(1),
            SpanId::from(id as u64 + 1),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: "aws.apigateway".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        // Where the layer puts it, with as many before it.
        attributes: vec![
            KeyValue::new("operation.name", "aws.apigateway"),
            KeyValue::new("span.type", "web"),
            KeyValue::new("_dd.inferred_span", 1),
            KeyValue::new("component", "aws-apigateway"),
            KeyValue::new("resource.name", "GET /orders/{id}"),
            KeyValue::new("service.name", format!("{}.example.com", id % services)),
        ],
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    };
    (0..BATCH).map(span).collect()
}
