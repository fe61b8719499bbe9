//! The types that [`ApiGatewayInferredSpan`](crate::ApiGatewayInferredSpan) makes as a tower layer, for code that has
//! to name them.
//!
//! ```
//! use apigateway_inferred_span::tower::InferredSpanService;
//! use apigateway_inferred_span::ApiGatewayInferredSpan;
//! use axum::Router;
//! use tower::Layer as _;
//!
//! let app: InferredSpanService<Router> = ApiGatewayInferredSpan::new().layer(Router::new());
//! ```

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
pub(crate) mod server_span;
mod service;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use service::InferredSpanService;
