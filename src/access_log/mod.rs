//! The gateway's access log, written by the application and with the trace id.
//!
//! [`ApiGatewayInferredSpan::access_log`](crate::ApiGatewayInferredSpan::access_log) logs one `tracing` event at the end
//! of each request that came through a gateway: level INFO, target [`TARGET`], whether the request is sampled or not, and
//! with or without a tracer provider. Its fields have the names that API Gateway's own log formats use, so that one
//! query reads the gateway's log and the application's:
//!
//! | field | type | |
//! |---|---|---|
//! | `requestId`, `extendedRequestId` | text | of `x-dd-proxy-request-id`: the key by which both logs are joined. A REST API has two ids, of which one is mapped; an HTTP API has one, which is in both fields |
//! | `apiId`, `stage` | text | |
//! | `ip` | text | the client's address, which it may have made up; only with `record_client_address(true)` |
//! | `user` | text | the caller's identity, only with `record_user(true)` |
//! | `requestTime`, `requestTimeEpoch` | text, number | when the gateway received the request: `24/Oct/2024:14:27:05 +0000`; milliseconds since 1970 |
//! | `httpMethod`, `path` | text | as the gateway received them |
//! | `resourcePath` or `routeKey` | text | `/users/{id}` of a REST API; `GET /users/{id}` of an HTTP API |
//! | `status` | number | what the client got: the application's, or the gateway's own after its timeout |
//! | `protocol` | text | between the gateway and the application: `HTTP/1.1` |
//! | `responseLength` | number | bytes of the body that the server took; 0 for an error that an actix-web middleware returns |
//! | `responseLatency` | number | milliseconds from the gateway's receipt to the end of the body; absent if the gateway's time can't be used |
//! | `integrationLatency` | number | milliseconds from the application's receipt to the end of the body |
//! | `integrationStatus` | number | the application's status; absent if it didn't answer in time |
//! | `integrationError` | text | the span's `error.type`, unless that is a status: `timeout`, `cancelled`, `panic`, `service`, `body`, or a name of gRPC's |
//! | `xrayTraceId` | text | the root of `X-Amzn-Trace-Id` |
//! | `component` | text | the value of `x-dd-proxy` |
//! | `trace_id`, `span_id` | text | of the gateway's span, hexadecimal |
//! | `dd.trace_id`, `dd.span_id` | text | the same in decimal, the trace's lower 64 bits, as Datadog's log correlation expects |
//!
//! A field without a value is absent. The event has no parent span, and the gateway's context is current, so that a
//! bridge to OpenTelemetry's logs finds the trace.
//!
//! [`json`] writes the events as JSON lines of the form that the gateway itself writes:
//!
//! ```
//! use apigateway_inferred_span::{access_log, ApiGatewayInferredSpan};
//! use tracing_subscriber::prelude::*;
//!
//! tracing_subscriber::registry().with(access_log::json()).init();
//! let layer = ApiGatewayInferredSpan::new().access_log(true);
//! ```

mod json;
mod line;

pub use json::{json, json_with_writer};

/// The target of the events, for filters: `RUST_LOG=apigateway::access=off`.
pub const TARGET: &str = crate::observe::access_log::TARGET;
