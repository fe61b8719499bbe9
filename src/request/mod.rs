//! What the gateway said of a request: from the bytes of its headers to values that are checked.
//!
//! Nothing in here reads a clock or the environment, logs, or knows of spans.

mod host;
mod kept;
mod method;
pub(crate) mod names;
mod path;
mod proxy;
mod proxy_request;
mod read;
mod rejection;
mod scan;
pub(crate) mod text;
mod time;
mod view;
mod xray;

pub(crate) use kept::KeptHeaders;
pub(crate) use method::Method;
pub use proxy::Proxy;
pub(crate) use proxy_request::MappingMistakes;
pub use proxy_request::ProxyRequest;
pub use rejection::{Rejection, RejectionKind};
pub(crate) use scan::{Headers, PropagationHeaders};
pub use view::RequestView;
pub use xray::{InvalidXRayTraceHeader, XRay, XRayTraceHeader};
