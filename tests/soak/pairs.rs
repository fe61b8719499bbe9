//! Whether the application's spans lie within the gateway's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::SpanId;
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

/// Start and end.
type Time = (SystemTime, SystemTime);

/// Half of a pair, which waits for the other.
#[derive(Clone, Copy, Debug)]
enum Half {
    Gateway(Time),
    Application(Time),
}

/// The gateway's span and the application's, of each request that has both.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pub(crate) complete: AtomicU64,
    pub(crate) stick_out: AtomicU64,
    /// The largest part of a span that sticks out, in nanoseconds.
    pub(crate) worst: AtomicU64,
    /// By the gateway span's id.
    halves: Mutex<HashMap<SpanId, Half>>,
}

impl Pairs {
    fn add(&self, id: SpanId, half: Half) {
        let mut halves = self.halves.lock().expect("not poisoned");
        let (gateway, application) = match (halves.remove(&id), half) {
            (Some(Half::Gateway(gateway)), Half::Application(application))
            | (Some(Half::Application(application)), Half::Gateway(gateway)) => (gateway, application),
            (_, half) => {
                halves.insert(id, half);
                return;
            }
        };
        drop(halves);
        self.complete.fetch_add(1, SeqCst);
        let early = gateway.0.duration_since(application.0).unwrap_or_default();
        let late = application.1.duration_since(gateway.1).unwrap_or_default();
        if early + late > Duration::ZERO {
            self.stick_out.fetch_add(1, SeqCst);
            self.worst.fetch_max((early + late).as_nanos() as u64, SeqCst);
        }
    }

    /// The number of gateway spans without one of the application's.
    pub(crate) fn childless(&self) -> usize {
        let halves = self.halves.lock().expect("not poisoned");
        halves.values().filter(|half| matches!(half, Half::Gateway(_))).count()
    }
}

/// Sees the gateway's spans.
#[derive(Clone, Debug)]
pub(crate) struct GatewayProcessor(pub(crate) Arc<Pairs>);

/// Sees the application's spans.
#[derive(Clone, Debug)]
pub(crate) struct ApplicationProcessor(pub(crate) Arc<Pairs>);

macro_rules! processor {
    ($processor:ty, $span:ident => $id:expr, $half:expr) => {
        impl SpanProcessor for $processor {
            fn on_start(&self, _: &mut Span, _: &Context) {}

            fn on_end(&self, $span: SpanData) {
                self.0.add($id, $half(($span.start_time, $span.end_time)));
            }

            fn force_flush(&self) -> OTelSdkResult {
                Ok(())
            }

            fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
                Ok(())
            }
        }
    };
}

processor!(GatewayProcessor, span => span.span_context.span_id(), Half::Gateway);
processor!(ApplicationProcessor, span => span.parent_span_id, Half::Application);
