//! The headers that matter, found in one pass over a request's.

use http::HeaderName;

/// A request without this header has no gateway span; that one look is all it pays.
pub(crate) static X_DD_PROXY: HeaderName = HeaderName::from_static(PROXY);

pub(crate) const PROXY: &str = "x-dd-proxy";
const REQUEST_TIME_MS: &str = "x-dd-proxy-request-time-ms";
const DOMAIN_NAME: &str = "x-dd-proxy-domain-name";
const HTTPMETHOD: &str = "x-dd-proxy-httpmethod";
const PATH: &str = "x-dd-proxy-path";
const STAGE: &str = "x-dd-proxy-stage";
const RESOURCE_PATH: &str = "x-dd-proxy-resource-path";
const ACCOUNT_ID: &str = "x-dd-proxy-account-id";
const API_ID: &str = "x-dd-proxy-api-id";
const REGION: &str = "x-dd-proxy-region";
const USER: &str = "x-dd-proxy-user";
const USER_AGENT: &str = "user-agent";
const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_AMZN_APIGATEWAY_API_ID: &str = "x-amzn-apigateway-api-id";
pub(crate) const X_AMZN_TRACE_ID: &str = "x-amzn-trace-id";
pub(crate) const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";

/// The headers that only the gateway is to send.
const GATEWAYS: [&str; 11] =
    [PROXY, REQUEST_TIME_MS, DOMAIN_NAME, HTTPMETHOD, PATH, STAGE, RESOURCE_PATH, ACCOUNT_ID, API_ID, REGION, USER];

/// A header's value as it came, if it came.
pub(crate) type Header<'a> = Option<&'a [u8]>;

/// The values of the headers that matter, unchecked.
#[derive(Debug, Default)]
pub(crate) struct Headers<'a> {
    pub(crate) proxy: Header<'a>,
    pub(crate) request_time_ms: Header<'a>,
    pub(crate) domain_name: Header<'a>,
    pub(crate) httpmethod: Header<'a>,
    pub(crate) path: Header<'a>,
    pub(crate) stage: Header<'a>,
    pub(crate) resource_path: Header<'a>,
    pub(crate) account_id: Header<'a>,
    pub(crate) api_id: Header<'a>,
    pub(crate) region: Header<'a>,
    pub(crate) user: Header<'a>,
    pub(crate) user_agent: Header<'a>,
    pub(crate) x_forwarded_for: Header<'a>,
    pub(crate) apigateway_api_id: Header<'a>,
    pub(crate) x_amzn_trace_id: Header<'a>,
    pub(crate) w3c: W3c<'a>,
    /// A gateway's header that came twice with different values: one of the two is not the gateway's.
    pub(crate) conflict: Option<&'static str>,
}

impl<'a> Headers<'a> {
    /// Takes names in lower case.
    pub(crate) fn scan<N: AsRef<str>>(headers: impl Iterator<Item = (N, &'a [u8])>) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            let name = name.as_ref();
            match found.slot(name) {
                Some(slot @ None) => *slot = Some(value),
                // Of other headers, to which anyone may add, the first one counts.
                Some(Some(first)) if *first != value => {
                    let gateways = || GATEWAYS.into_iter().find(|known| *known == name);
                    found.conflict = found.conflict.or_else(gateways);
                }
                _ => {}
            }
        }
        found
    }

    #[inline]
    fn slot(&mut self, name: &str) -> Option<&mut Header<'a>> {
        Some(match name {
            PROXY => &mut self.proxy,
            REQUEST_TIME_MS => &mut self.request_time_ms,
            DOMAIN_NAME => &mut self.domain_name,
            HTTPMETHOD => &mut self.httpmethod,
            PATH => &mut self.path,
            STAGE => &mut self.stage,
            RESOURCE_PATH => &mut self.resource_path,
            ACCOUNT_ID => &mut self.account_id,
            API_ID => &mut self.api_id,
            REGION => &mut self.region,
            USER => &mut self.user,
            USER_AGENT => &mut self.user_agent,
            X_FORWARDED_FOR => &mut self.x_forwarded_for,
            X_AMZN_APIGATEWAY_API_ID => &mut self.apigateway_api_id,
            X_AMZN_TRACE_ID => &mut self.x_amzn_trace_id,
            TRACEPARENT => &mut self.w3c.traceparent,
            TRACESTATE => &mut self.w3c.tracestate,
            BAGGAGE => &mut self.w3c.baggage,
            _ => return None,
        })
    }
}

/// The headers that nearly every propagator asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct W3c<'a> {
    traceparent: Header<'a>,
    tracestate: Header<'a>,
    baggage: Header<'a>,
}

impl<'a> W3c<'a> {
    /// The header of that name; `None` if it is none of these.
    pub(crate) fn get(&self, name: &str) -> Option<Header<'a>> {
        Some(match name {
            TRACEPARENT => self.traceparent,
            TRACESTATE => self.tracestate,
            BAGGAGE => self.baggage,
            _ => return None,
        })
    }
}

/// Whether a header is one of the gateway's, or pretends to be.
pub(crate) fn is_proxy_header(name: &str) -> bool {
    name.starts_with(PROXY)
}
