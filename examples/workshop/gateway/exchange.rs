//! What the gateway knows of a request: its `$context`.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

use crate::common::stage::x_ray_root;
use crate::route::Route;

const STAGES: [&str; 2] = ["prod", "beta"];

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) struct Exchange {
    /// Since 1970.
    pub(super) received: Duration,
    pub(super) begun: Instant,
    /// A UUID, which a client may choose.
    pub(super) request_id: String,
    /// The gateway's own id of the request, by which the two logs are joined.
    pub(super) extended_request_id: String,
    pub(super) x_ray_root: String,
    /// With the stage, as the client sent it.
    pub(super) path: String,
    /// The API's resource is `-` if it has none for the path.
    pub(super) route: Route,
    pub(super) is_known: bool,
}

impl Exchange {
    pub(super) fn begin(request: &Request) -> Self {
        let received = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let path = request.uri().path();
        let stage = STAGES.into_iter().find(|stage| without_stage(path, stage).is_some());
        let resource = stage.and_then(|stage| resource(request.method().as_str(), without_stage(path, stage)?));
        Self {
            received,
            begun: Instant::now(),
            request_id: request_id(),
            extended_request_id: extended_request_id(),
            x_ray_root: x_ray_root(received),
            path: path.to_owned(),
            route: Route {
                stage: stage.unwrap_or("-").to_owned(),
                method: request.method().to_string(),
                resource: resource.unwrap_or("-").to_owned(),
            },
            is_known: resource.is_some(),
        }
    }

    /// The path that the application gets.
    pub(super) fn integration_path(&self) -> &str {
        without_stage(&self.path, &self.route.stage).unwrap_or("/")
    }
}

fn without_stage<'a>(path: &'a str, stage: &str) -> Option<&'a str> {
    let path = path.strip_prefix('/')?.strip_prefix(stage)?;
    path.starts_with('/').then_some(path)
}

/// The API's resource that takes this method and path.
fn resource(method: &str, path: &str) -> Option<&'static str> {
    match method {
        "POST" if path == "/orders" => Some("/orders"),
        "GET" if path.starts_with("/orders/") => Some("/orders/{number}"),
        "GET" if path.starts_with("/reports/") => Some("/reports/{number}"),
        _ => None,
    }
}

/// A random UUID.
fn request_id() -> String {
    let random = RandomIdGenerator::default().new_trace_id().to_string();
    let digits = |from: usize, to: usize| random.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", digits(0, 8), digits(8, 12), digits(13, 16), digits(17, 20), digits(20, 32))
}

/// Such as `JKJaXmPLvHcESHA=`.
fn extended_request_id() -> String {
    let random = RandomIdGenerator::default().new_trace_id().to_bytes();
    let digits = random.iter().take(15).filter_map(|byte| BASE64.get(usize::from(byte % 64)));
    digits.map(|digit| char::from(*digit)).chain(['=']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn stage_and_resource_come_from_method_and_path() {
        for (method, path, route, rest) in [
            ("GET", "/prod/orders/42", "prod  GET /orders/{number}", "/orders/42"),
            ("POST", "/beta/orders", "beta  POST /orders", "/orders"),
            ("GET", "/prod/orders", "prod  GET -", "/orders"),
            ("GET", "/production/orders/42", "-  GET -", "/"),
        ] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let exchange = Exchange::begin(&request);
            assert_eq!((exchange.route.to_string().as_str(), exchange.integration_path()), (route, rest), "{path}");
        }
    }

    #[test]
    fn ids_have_the_gateways_form() {
        let id = request_id();
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
        let id = extended_request_id();
        assert!(id.len() == 16 && id.ends_with('='), "{id}");
    }
}
