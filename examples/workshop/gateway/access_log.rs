//! The access log of the gateway's stages, one JSON line for each request.

use jiff::Timestamp;

use super::exchange::Exchange;
use super::integration::{Outcome, API_ID};

/// What is set as the log format of a REST API's stage; `docs/metrics-and-logs.md` recommends it.
#[rustfmt::skip]
pub(super) const FORMAT: &str = r#"{"requestId":"$context.requestId","extendedRequestId":"$context.extendedRequestId","apiId":"$context.apiId","stage":"$context.stage","ip":"$context.identity.sourceIp","caller":"$context.identity.caller","user":"$context.identity.user","requestTime":"$context.requestTime","requestTimeEpoch":$context.requestTimeEpoch,"httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath","path":"$context.path","status":$context.status,"protocol":"$context.protocol","responseLength":"$context.responseLength","responseLatency":$context.responseLatency,"integrationLatency":"$context.integration.latency","integrationStatus":"$context.integration.status","integrationError":"$context.integration.error","xrayTraceId":"$context.xrayTraceId"}"#;

const CONTEXT: &str = "$context.";

/// How the gateway answered.
pub(super) struct Answered<'a> {
    pub(super) status: u16,
    pub(super) length: usize,
    pub(super) latency: std::time::Duration,
    /// `None` if the application wasn't asked.
    pub(super) integration: Option<&'a Outcome>,
}

pub(super) fn line(exchange: &Exchange, answered: &Answered<'_>) -> String {
    fill(FORMAT, |variable| value(variable, exchange, answered))
}

fn value(variable: &str, exchange: &Exchange, answered: &Answered<'_>) -> Option<String> {
    let integration = answered.integration;
    Some(match variable {
        "requestId" => exchange.request_id.clone(),
        "extendedRequestId" => exchange.extended_request_id.clone(),
        "apiId" => API_ID.to_owned(),
        "stage" => exchange.route.stage.clone(),
        "identity.sourceIp" => "127.0.0.1".to_owned(),
        "requestTime" => request_time(exchange)?,
        "requestTimeEpoch" => exchange.received.as_millis().to_string(),
        "httpMethod" => exchange.route.method.clone(),
        "resourcePath" => exchange.route.resource.clone(),
        "path" => exchange.path.clone(),
        "status" => answered.status.to_string(),
        "protocol" => "HTTP/1.1".to_owned(),
        "responseLength" => answered.length.to_string(),
        "responseLatency" => answered.latency.as_millis().to_string(),
        "integration.latency" => integration?.latency.as_millis().to_string(),
        "integration.status" => integration?.status?.to_string(),
        "integration.error" => integration?.error?.to_owned(),
        "xrayTraceId" => exchange.x_ray_root.trim_start_matches("Root=").to_owned(),
        _ => return None,
    })
}

fn request_time(exchange: &Exchange) -> Option<String> {
    let time = Timestamp::from_second(i64::try_from(exchange.received.as_secs()).ok()?).ok()?;
    Some(time.strftime("%d/%b/%Y:%H:%M:%S %z").to_string())
}

/// Puts values in the place of variables, as the gateway does: without escaping, and `-` for those without one.
fn fill(format: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = format.split(CONTEXT);
    let mut line = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(part.len());
        let (variable, rest) = part.split_at(end);
        line += &value(variable).unwrap_or_else(|| "-".to_owned());
        line += rest;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_by_their_values() {
        let value = |variable: &str| (variable != "identity.user").then(|| format!("<{variable}>"));
        for (format, expected) in [
            ("", ""),
            ("no variable", "no variable"),
            (r#"{"a":"$context.path","b":$context.status}"#, r#"{"a":"<path>","b":<status>}"#),
            ("$context.integration.latency", "<integration.latency>"),
            (r#""$context.identity.user""#, r#""-""#),
        ] {
            assert_eq!(fill(format, value), expected);
        }
    }
}
