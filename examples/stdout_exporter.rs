//! A pipeline that prints each span as a line, where a real service would send it to a collector.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{global, Key};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use opentelemetry_sdk::Resource;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Sets the process's provider, propagator and subscriber. The layer finds the first two by itself.
pub(crate) fn install() {
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("orders").build())
        .with_simple_exporter(Lines::default())
        .build();
    global::set_tracer_provider(provider.clone());
    global::set_text_map_propagator(TraceContextPropagator::new());

    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
    tracing_subscriber::registry().with(spans.with_filter(LevelFilter::INFO)).init();
}

#[derive(Debug, Default)]
struct Lines {
    service: String,
}

impl SpanExporter for Lines {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        for span in spans {
            println!("{}", self.line(&span));
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        let service = resource.get(&Key::from_static_str("service.name"));
        self.service = service.map(|name| name.to_string()).unwrap_or_default();
    }
}

impl Lines {
    fn line(&self, span: &SpanData) -> String {
        let attribute = |key| {
            let mut attributes = span.attributes.iter();
            let found = attributes.find(|attribute| attribute.key.as_str() == key);
            found.map(|attribute| attribute.value.to_string())
        };
        let service = attribute("service.name").unwrap_or_else(|| self.service.clone());
        let status = attribute("http.response.status_code").unwrap_or_default();
        let duration = span.end_time.duration_since(span.start_time);
        format!(
            "{service:<15}  {:<17}  {status:>3} {:>7.1} ms  trace {} span {} parent {}",
            span.name,
            duration.unwrap_or_default().as_secs_f64() * 1e3,
            span.span_context.trace_id(),
            span.span_context.span_id(),
            span.parent_span_id,
        )
    }
}
