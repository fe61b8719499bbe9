//! Start and end of the gateway's span.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Link, SpanBuilder, SpanKind, TraceContextExt as _};
use opentelemetry::{trace, Context, KeyValue};

use super::{SpanSettings, Tracer};
use crate::observe::{ErrorType, Outcome, Status};
use crate::request::{ProxyRequest, XRayTraceHeader};

/// The gateway's span, as the span of a context. It doesn't end by itself.
#[derive(Debug)]
pub(crate) struct GatewaySpan {
    context: Context,
}

/// What a span is started with.
pub(crate) struct Start<'a> {
    pub(crate) request: &'a ProxyRequest<'a>,
    pub(crate) x_ray: Option<&'a XRayTraceHeader>,
    pub(crate) time: SystemTime,
    /// How far the gateway's clock is ahead.
    pub(crate) skew: Option<Duration>,
    pub(crate) parent: &'a Context,
    /// What the application is to run in, but for the span.
    pub(crate) carried: &'a Context,
    pub(crate) links: Vec<Link>,
}

impl GatewaySpan {
    /// `None` if no tracer provider is installed.
    pub(crate) fn start(tracer: &Tracer, settings: &SpanSettings, start: Start<'_>) -> Option<Self> {
        let Start { request, x_ray, time, skew, parent, carried, links } = start;
        let attributes = || settings.attributes(request, x_ray, skew);
        let mut builder =
            SpanBuilder::from_name(settings.span_name(request)).with_kind(SpanKind::Server).with_start_time(time);
        builder.links = Some(links);
        // Attributes are expensive, and spans below an unsampled parent rarely record: there they are set only if one
        // does. Otherwise they are set before the start, because samplers see no others.
        let attributes_after_start = is_unsampled(parent);
        if !attributes_after_start {
            builder.attributes = Some(attributes());
        }
        let context = tracer.start(builder, parent, carried)?;
        if attributes_after_start && context.span().is_recording() {
            context.span().set_attributes(attributes());
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
