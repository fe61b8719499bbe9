//! The layer on the runtime of an AWS Lambda function, and round its handler.

mod handler;
mod invocation;
mod parts;
mod runtime;

pub use handler::EventFuture;
pub use invocation::InvocationFuture;
