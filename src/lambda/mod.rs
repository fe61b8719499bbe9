//! The types that the layer makes on the runtime of an AWS Lambda function and around its handler, for code that has to
//! name them.
//!
//! The service is [`InferredSpanService`](crate::tower::InferredSpanService); see [AWS Lambda](crate#aws-lambda).

mod handler;
mod invocation;
mod parts;
mod runtime;

pub use handler::EventFuture;
pub use invocation::InvocationFuture;
