//! The API's keys. Without a key, or beyond its quota, the gateway answers a request alone.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};

/// Of a usage plan without a quota.
pub(crate) const PARTNER_KEY: &str = "partner";
/// Of a usage plan whose quota is one request.
pub(crate) const TRIAL_KEY: &str = "trial";

const TRIAL_QUOTA: usize = 1;

/// Status and message of the gateway's own answer.
pub(super) type Refusal = (StatusCode, &'static str);

#[derive(Default)]
pub(super) struct UsagePlans {
    trial: AtomicUsize,
}

impl UsagePlans {
    pub(super) fn check(&self, request: &Request) -> Result<(), Refusal> {
        match request.headers().get("x-api-key").map(HeaderValue::as_bytes) {
            Some(key) if key == PARTNER_KEY.as_bytes() => Ok(()),
            Some(key) if key == TRIAL_KEY.as_bytes() => {
                let used = self.trial.fetch_add(1, Ordering::Relaxed);
                if used < TRIAL_QUOTA {
                    Ok(())
                } else {
                    Err((StatusCode::TOO_MANY_REQUESTS, "Limit Exceeded"))
                }
            }
            _ => Err((StatusCode::FORBIDDEN, "Forbidden")),
        }
    }
}
