//! What the stand-ins for an API's stage do alike.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tokio::time::sleep;

/// `Root=1-{seconds}-{24 digits}`, in hexadecimal.
pub(crate) fn x_ray_root(received: Duration) -> String {
    let random = RandomIdGenerator::default().new_trace_id().to_string();
    let (_, random) = random.split_at(8);
    format!("Root=1-{:08x}-{random}", received.as_secs())
}

/// Stands for the authorizer and the mapping of the request: a few milliseconds of the gateway's own.
pub(crate) async fn work(received: Duration) {
    let milliseconds = 3 + received.as_millis() as u64 % 6;
    sleep(Duration::from_millis(milliseconds)).await;
}

/// An answer of the gateway's own.
pub(crate) fn answer(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "message": message });
    (status, body.to_string()).into_response()
}
