//! Start and end of the gateway's span.

use std::time::Instant;

use opentelemetry::trace::{Link, SpanBuilder, SpanKind, TraceContextExt as _};
use opentelemetry::{trace, Context, KeyValue};

use super::{SpanSettings, Tracer};
use crate::clock::StartTime;
use crate::observe::{ErrorType, Outcome, Status};
use crate::request::{RequestView, XRayTraceHeader};

/// The gateway's span, as the span of a context. It doesn't end by itself.
#[derive(Debug)]
pub(crate) struct GatewaySpan {
    context: Context,
}

/// What a span is started with.
pub(crate) struct Start<'a> {
    pub(crate) view: &'a RequestView<'a>,
    pub(crate) x_ray: Option<&'a XRayTraceHeader>,
    pub(crate) received: Instant,
    pub(crate) time: StartTime,
    pub(crate) parent: &'a Context,
    /// What the application is to run in, but for the span.
    pub(crate) carried: &'a Context,
    pub(crate) links: Vec<Link>,
}

impl GatewaySpan {
    /// `None` if no tracer provider is installed.
    pub(crate) fn start(tracer: &Tracer, settings: &SpanSettings, start: &Start<'_>) -> Option<Self> {
        // Attributes are expensive, and spans below an unsampled parent rarely record: there they are set only if one
        // does. Otherwise they are set before the start, because samplers see no others.
        let attributes_after_start = is_unsampled(start.parent);
        let build = || {
            let mut builder = SpanBuilder::from_name(settings.span_name(start.view.gateway()))
                .with_kind(SpanKind::Server)
                .with_start_time(start.time.time);
            builder.links = Some(start.links.clone());
            builder.attributes = (!attributes_after_start).then(|| settings.attributes(start));
            builder
        };
        let context = tracer.start(build, start.parent, start.carried)?;
        let span = context.span();
        if attributes_after_start && span.is_recording() {
            span.set_attributes(settings.attributes(start));
        }
        if let Some(custom) = settings.custom.as_ref().filter(|_| span.is_recording()) {
            span.set_attributes(custom.of(start.view));
        }
        Some(Self { context })
    }

    /// The context with the span, to be attached around the application.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) fn end(&self, outcome: &Outcome) {
        let span = self.context.span();
        if let Some(status) = outcome.status {
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.code())));
            if let Status::Inferred(_) = status {
                span.set_attribute(KeyValue::new("inferred_span.status_inferred", true));
            }
        }
        if outcome.after_timeout {
            span.set_attribute(KeyValue::new("inferred_span.after_timeout", true));
        }
        if let Some(error) = outcome.error {
            span.set_attribute(KeyValue::new("error.type", error.as_str()));
            span.set_status(trace::Status::error(description(error)));
        }
        // Explicitly, because a task that the application has spawned may keep a clone of the context.
        span.end_with_timestamp(outcome.ended);
    }
}

fn is_unsampled(context: &Context) -> bool {
    let span = context.span();
    span.span_context().is_valid() && !span.span_context().is_sampled()
}

fn description(error: ErrorType) -> &'static str {
    match error {
        ErrorType::Panic => "the application panicked",
        ErrorType::Service => "the application's service failed",
        ErrorType::Body => "the response's body failed",
        ErrorType::Timeout => "the gateway's integration timeout was over",
        ErrorType::Cancelled => "cut off before the response was complete",
        // What a status says needs no description.
        ErrorType::Grpc(_) | ErrorType::Status(_) => "",
    }
}
