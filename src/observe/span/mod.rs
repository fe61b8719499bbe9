//! The gateway's span: the only part of the core that makes OpenTelemetry spans.

mod arn;
mod attributes;
mod custom;
mod gateway_span;
mod last_texts;
mod path_ids;
mod service_names;
mod services;
mod settings;
mod tracer;

pub(crate) use custom::CustomAttributes;
pub(crate) use gateway_span::{GatewaySpan, Start};
pub(crate) use settings::SpanSettings;
pub(crate) use tracer::Tracer;
