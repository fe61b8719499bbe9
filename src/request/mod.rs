//! What the gateway said of a request: from the bytes of its headers, or of a Lambda function's event, to values that are
//! checked.
//!
//! Nothing in here reads a clock or the environment, logs, or knows of spans.

mod client_address;
#[cfg(any(feature = "lambda", feature = "request-context"))]
pub(crate) mod context;
mod host;
mod internal;
mod invalid;
mod kept;
mod method;
mod mistakes;
pub(crate) mod names;
mod path;
mod protocol;
mod proxy;
mod proxy_request;
mod read;
mod rejection;
mod scan;
pub(crate) mod text;
mod time;
mod url;
mod view;
mod xray;

pub(crate) use host::Host;
pub use invalid::InvalidProxyRequest;
pub(crate) use kept::KeptHeaders;
pub(crate) use method::{Method, OTHER_METHOD};
pub(crate) use mistakes::MappingMistakes;
pub(crate) use protocol::protocol;
pub use proxy::Proxy;
pub use proxy_request::ProxyRequest;
pub(crate) use proxy_request::Source;
pub(crate) use rejection::Rejection;
pub use rejection::RejectionKind;
pub(crate) use scan::{Headers, PropagationHeaders};
pub use view::RequestView;
pub use xray::{InvalidXRayTraceHeader, XRay, XRayTraceHeader};
