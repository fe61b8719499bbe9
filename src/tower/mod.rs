//! The tower service.

mod body;
#[cfg(feature = "lambda")]
mod flush;
#[cfg(not(feature = "lambda"))]
#[path = "no_flush.rs"]
mod flush;
mod future;
mod layer;
#[cfg(any(feature = "lambda", feature = "request-context"))]
mod on_lambda;
mod request;
#[cfg(feature = "lambda-http")]
mod request_context;
mod server_span;
mod service;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use server_span::{server_span, server_span_with};
pub use service::InferredSpanService;
