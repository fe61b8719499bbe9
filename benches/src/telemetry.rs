//! A provider whose spans end in nothing, and the globals.

use std::sync::mpsc::{channel, Sender};
use std::sync::Mutex;
use std::time::Duration;

use opentelemetry::{global, Context};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};

/// What is to be done with spans that end.
struct OnEnd<F>(F);

impl<F> std::fmt::Debug for OnEnd<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnEnd")
    }
}

impl<F: Fn(SpanData) + Send + Sync> SpanProcessor for OnEnd<F> {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        (self.0)(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

pub fn provider() -> SdkTracerProvider {
    SdkTracerProvider::builder().with_span_processor(OnEnd(drop)).build()
}

/// The first span that `make` makes.
pub fn recorded_span(make: impl FnOnce(&SdkTracerProvider)) -> SpanData {
    let (sender, spans) = channel();
    let sender: Mutex<Sender<SpanData>> = Mutex::new(sender);
    let record = move |span| sender.lock().expect("no panic").send(span).expect("a receiver");
    make(&SdkTracerProvider::builder().with_span_processor(OnEnd(record)).build());
    spans.recv().expect("a span")
}

/// The attributes of the first span that `make` makes, as `key=value`, in alphabetical order.
pub fn recorded_attributes(make: impl FnOnce(&SdkTracerProvider)) -> Vec<String> {
    let attributes = recorded_span(make).attributes.into_iter();
    let mut attributes: Vec<_> = attributes.map(|pair| format!("{}={}", pair.key, pair.value)).collect();
    attributes.sort();
    attributes
}

/// Those of others use the globals.
pub fn install(provider: &SdkTracerProvider) {
    global::set_tracer_provider(provider.clone());
    global::set_text_map_propagator(TraceContextPropagator::new());
}
