//! Names of the headers that this crate reads.

use http::HeaderName;

/// A request without this header has no gateway span; this one look-up is all that it pays.
pub(crate) static X_DD_PROXY_NAME: HeaderName = HeaderName::from_static(X_DD_PROXY);

pub(crate) const X_DD_PROXY: &str = "x-dd-proxy";
pub(crate) const X_DD_PROXY_REQUEST_TIME_MS: &str = "x-dd-proxy-request-time-ms";
pub(crate) const X_DD_PROXY_DOMAIN_NAME: &str = "x-dd-proxy-domain-name";
pub(crate) const X_DD_PROXY_HTTPMETHOD: &str = "x-dd-proxy-httpmethod";
pub(crate) const X_DD_PROXY_PATH: &str = "x-dd-proxy-path";
pub(crate) const X_DD_PROXY_STAGE: &str = "x-dd-proxy-stage";
pub(crate) const X_DD_PROXY_RESOURCE_PATH: &str = "x-dd-proxy-resource-path";
pub(crate) const X_DD_PROXY_ACCOUNT_ID: &str = "x-dd-proxy-account-id";
pub(crate) const X_DD_PROXY_API_ID: &str = "x-dd-proxy-api-id";
pub(crate) const X_DD_PROXY_REGION: &str = "x-dd-proxy-region";
pub(crate) const X_DD_PROXY_USER: &str = "x-dd-proxy-user";
pub(crate) const X_DD_PROXY_REQUEST_ID: &str = "x-dd-proxy-request-id";
pub(crate) const USER_AGENT: &str = "user-agent";
pub(crate) const FORWARDED: &str = "forwarded";
pub(crate) const X_FORWARDED_FOR: &str = "x-forwarded-for";
pub(crate) const X_AMZN_APIGATEWAY_API_ID: &str = "x-amzn-apigateway-api-id";
pub(crate) const X_AMZN_TRACE_ID: &str = "x-amzn-trace-id";
#[cfg(feature = "request-context")]
pub(crate) const X_AMZN_REQUEST_CONTEXT: &str = "x-amzn-request-context";
pub(crate) const TRACEPARENT: &str = "traceparent";
pub(crate) const TRACESTATE: &str = "tracestate";
pub(crate) const BAGGAGE: &str = "baggage";

/// The headers that only the gateway is to send; those that every gateway of AWS has to send come first.
pub(crate) const PROXY_HEADERS: [&str; 12] = [
    X_DD_PROXY,
    X_DD_PROXY_REQUEST_TIME_MS,
    X_DD_PROXY_DOMAIN_NAME,
    X_DD_PROXY_HTTPMETHOD,
    X_DD_PROXY_PATH,
    X_DD_PROXY_STAGE,
    X_DD_PROXY_RESOURCE_PATH,
    X_DD_PROXY_ACCOUNT_ID,
    X_DD_PROXY_API_ID,
    X_DD_PROXY_REGION,
    X_DD_PROXY_USER,
    X_DD_PROXY_REQUEST_ID,
];

/// Whether a header is one of the gateway's, or claims to be. Takes names in lower case.
pub(crate) fn is_proxy_header(name: &str) -> bool {
    name.starts_with(X_DD_PROXY)
}
