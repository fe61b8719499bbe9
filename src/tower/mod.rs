//! The tower service.

mod body;
mod future;
mod layer;
mod request;
mod server_span;
mod service;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use server_span::{server_span, server_span_with};
pub use service::InferredSpanService;
