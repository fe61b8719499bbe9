//! The tower service.

mod body;
mod future;
mod headers;
mod layer;
mod service;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use service::InferredSpanService;
