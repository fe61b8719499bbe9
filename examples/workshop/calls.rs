//! What the client asks for.

use axum::http::Method;
use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

use crate::gateway::{PARTNER_KEY, TRIAL_KEY};

pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) api_key: Option<&'static str>,
    /// The trace of a client that doesn't sample it: then the gateway's span isn't recorded either.
    pub(crate) unsampled: Option<TraceId>,
}

impl Call {
    /// Goes through the stages and routes again and again. Each call has a different number, which decides how long the
    /// application takes.
    pub(crate) fn plan(requests: usize) -> Vec<Self> {
        (0..requests).map(Self::nth).collect()
    }

    fn nth(number: usize) -> Self {
        match number % 10 {
            0 => Self::get(format!("/prod/orders/{number}")),
            1 => Self::get(format!("/prod/reports/{number}")),
            2 => Self::post("/prod/orders", number),
            3 => Self::get(format!("/beta/orders/{number}")),
            4 => Self::get(format!("/prod/orders/{number}")).unsampled(),
            5 => Self::get(format!("/prod/reports/{number}")),
            6 => Self { api_key: None, ..Self::get(format!("/prod/orders/{number}")) },
            7 => Self::post("/beta/orders", number),
            8 => Self { api_key: Some(TRIAL_KEY), ..Self::get(format!("/prod/reports/{number}")) },
            _ => Self::get(format!("/beta/orders/{number}")),
        }
    }

    fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: String::new(), api_key: Some(PARTNER_KEY), unsampled: None }
    }

    fn post(path: &str, number: usize) -> Self {
        Self { method: Method::POST, body: number.to_string(), ..Self::get(path.to_owned()) }
    }

    fn unsampled(self) -> Self {
        Self { unsampled: Some(RandomIdGenerator::default().new_trace_id()), ..self }
    }
}
